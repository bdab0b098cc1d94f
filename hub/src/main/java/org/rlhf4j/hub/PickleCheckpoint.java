package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UserException;

/** Weights as a Python pickle. Reading one can run any program, so none is ever read. */
public final class PickleCheckpoint {

  private static final List<String> FILES =
      List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

  private static final String ANY_NETWORK = "AutoModelForCausalLM";
  private static final Pattern CLASS = Pattern.compile("[A-Za-z0-9_]+");

  /** No quote, backslash, dollar, backquote, exclamation mark or control character. */
  private static final Pattern PLAIN =
      Pattern.compile("[\\p{L}\\p{M}\\p{N} _./~@%+=:,#()\\[\\]-]+");

  private PickleCheckpoint() {}

  /** The pickle of a model folder. */
  public static Optional<String> among(Predicate<String> names) {
    return FILES.stream().filter(names).findFirst();
  }

  /**
   * Refuses a pickle, with the command that converts it. Who wrote the model's files doesn't write
   * the command: what a shell or Python would take for more than a name isn't in it.
   *
   * @param where the model, as its user named it
   * @param pickle the file
   * @param config the model's config.json, which names the class of its network
   * @param source the folder or hub id that {@code from_pretrained} takes
   * @param revision of a hub id; null of a folder
   * @param target the folder to write to
   */
  public static UserException refusal(
      String where, String pickle, JsonNode config, String source, String revision, String target) {
    String named = config.path("architectures").path(0).asText(ANY_NETWORK);
    String network = CLASS.matcher(named).matches() ? named : ANY_NETWORK;
    String from =
        quoted(source) + (revision == null ? "" : ", revision=" + quoted(revision, "REVISION"));
    String to = quoted(target);
    return new UserException(
        where
            + ": its weights are a pickle ("
            + pickle
            + "), and pickles are never read; convert it with: python -c \"import transformers as"
            + " t; "
            + conversion(network, from, to)
            + "; "
            + conversion("AutoTokenizer", from, to)
            + "\"");
  }

  private static String conversion(String type, String from, String to) {
    return "t." + type + ".from_pretrained(" + from + ").save_pretrained(" + to + ")";
  }

  private static String quoted(String folder) {
    return quoted(folder, "FOLDER");
  }

  /** In Python's quotes, within those of a shell, where neither sees more than a name in it. */
  private static String quoted(String name, String otherwise) {
    return "'" + (PLAIN.matcher(name).matches() ? name : otherwise) + "'";
  }
}
