package org.rlhf4j.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/** The text of each token of a completion, as a run's own tokenizer has it. */
final class TokenTexts implements AutoCloseable {

  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer; // null where none was found

  private TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Looks for a run's tokenizer: in the model that it made, else in the one that it started from.
   *
   * @param run the run
   * @return texts; the ids themselves where there is no tokenizer any more
   */
  static TokenTexts of(ReportedRun run) {
    List<Path> places = new ArrayList<>(List.of(run.folder().resolve("model")));
    String model = run.settings().get("model");
    if (model != null) {
      places.add(Path.of(model));
      places.add(Path.of(model, "model"));
    }
    for (Path place : places) {
      if (Files.exists(place.resolve("tokenizer.json"))) {
        try {
          return new TokenTexts(Tokenizer.load(place));
        } catch (UserException e) {
          return new TokenTexts(null); // a report of a run whose tokenizer is broken shows ids
        }
      }
    }
    return new TokenTexts(null);
  }

  /**
   * The texts of tokens.
   *
   * @param ids a completion's tokens
   * @return for each what it adds to the text; a token that ends within a character adds nothing,
   *     and the next one all of it
   */
  List<String> of(int[] ids) {
    List<String> texts = new ArrayList<>();
    if (tokenizer == null) {
      Arrays.stream(ids).forEach(id -> texts.add("#" + id + " "));
      return texts;
    }
    String before = "";
    for (int i = 0; i < ids.length; i++) {
      String now = tokenizer.decodeRaw(Arrays.copyOf(ids, i + 1));
      boolean within = i + 1 < ids.length && now.endsWith(String.valueOf(REPLACEMENT));
      boolean grown = now.startsWith(before);
      texts.add(within || !grown ? "" : now.substring(before.length()));
      before = within ? before : now;
    }
    return texts;
  }

  /** Whether a completion ended by itself; unknown, and so true, without a tokenizer. */
  boolean ended(int[] ids) {
    return tokenizer == null || ids.length == 0 || tokenizer.isStop(ids[ids.length - 1]);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
