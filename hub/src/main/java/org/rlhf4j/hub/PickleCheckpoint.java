package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rlhf4j.settings.UserException;

/** Weights as a Python pickle. Reading one can run any program, so none is ever read. */
public final class PickleCheckpoint {

  private static final List<String> FILES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  private PickleCheckpoint() {}

  /** The pickle of a model folder. */
  public static Optional<String> among(Predicate<String> names) {
    return FILES.stream().filter(names).findFirst();
  }

  /**
   * Refuses a pickle, with the command that converts it.
   *
   * @param where the model, as its user named it
   * @param pickle the file
   * @param config the model's config.json, which names the class of its network
   * @param source what {@code from_pretrained} takes, in Python
   * @param target the folder to write to
   */
  public static UserException refusal(
      String where, String pickle, JsonNode config, String source, String target) {
    String network = config.path("architectures").path(0).asText("AutoModelForCausalLM");
    String save = "t.%s.from_pretrained(" + source + ").save_pretrained('" + target + "')";
    return new UserException(
        ("%s: its weights are a pickle (%s), and pickles are never read; convert it with: python -c"
                + " \"import transformers as t; %s; %s\"")
            .formatted(where, pickle, save.formatted(network), save.formatted("AutoTokenizer")));
  }
}
