package org.rlhf4j.examples;

import java.nio.file.Path;
import org.rlhf4j.hub.Hub;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.hub.TransferProgress;

/** A model of the Hugging Face hub as a folder. */
public final class FetchModel {

  private FetchModel() {}

  /** Argument: a model's id, such as {@code HuggingFaceTB/SmolLM2-135M}. */
  public static void main(String[] args) {
    System.out.println(run(HubEnvironment.ofProcess(), args[0]));
  }

  // [fetch-model
  static Path run(HubEnvironment environment, String id) {
    Hub hub = new Hub(environment, TransferProgress.SILENT);
    return hub.model(HubRepo.model(id).orElseThrow());
  }
  // fetch-model]
}
