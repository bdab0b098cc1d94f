package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.testing.stages.PolicyDocumentContract;
import org.rlhf4j.testing.stages.PolicyRuns;

/** Holds docs/ppo.md and the README against what the stage takes and writes. */
class PpoDocumentTest extends PolicyDocumentContract {

  PpoDocumentTest() {
    super("ppo.md", "org/rlhf4j/ppo/PpoTrainer.java");
  }

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> someSettings() {
    return List.of("exact-kl=true objective=adaptive-kl", "exact-kl=true objective=trust-region");
  }
}
