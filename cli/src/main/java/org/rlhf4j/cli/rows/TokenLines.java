package org.rlhf4j.cli.rows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.tokenizer.Tokenizer;

/**
 * Rows as the tokens that a model sees. Where there are colours, tokens that are trained on or
 * scored are green and others grey, in two shades by turns; where there are none, the former stand
 * in square brackets and the latter in round ones.
 */
final class TokenLines {

  private static final String[] TRAINED = {"\u001B[32m", "\u001B[92m"};
  private static final String[] GIVEN = {"\u001B[90m", "\u001B[37m"};
  private static final String PLAIN = "\u001B[0m";

  private final Tokenizer tokenizer;
  private final boolean colours;
  private final List<String> lines = new ArrayList<>();
  private int rows;

  /**
   * A row to show.
   *
   * @param row where it comes from
   * @param prompt ids of the prompt
   * @param completions ids of each completion
   * @param completionMask for each id of the completions, one after another, whether it is trained
   *     on; the others' turns of a dialogue aren't
   * @param cut how many ids the prompt lost at its beginning
   */
  record Shown(Row row, int[] prompt, List<int[]> completions, boolean[] completionMask, int cut) {

    static Shown of(TokenizedRow row) {
      return new Shown(
          row.row(),
          row.tree().prompt(),
          row.tree().completions(),
          row.completionMask(),
          row.cut());
    }

    static Shown of(TokenizedPrompt prompt) {
      return new Shown(prompt.row(), prompt.ids(), List.of(), new boolean[0], prompt.cut());
    }

    /** Which ids of a completion are trained on. */
    private boolean[] mask(int completion) {
      int begin = completions.subList(0, completion).stream().mapToInt(ids -> ids.length).sum();
      boolean[] mask =
          Arrays.copyOfRange(completionMask, begin, begin + completions.get(completion).length);
      if (prompt.length == 0) {
        mask[0] = false; // what stands first in a row has no token before it that could predict it
      }
      return mask;
    }

    /** What a completion is called. */
    private String name(int completion) {
      if (row instanceof Demonstration demonstration) {
        boolean whole = prompt.length == 0 && !demonstration.prompt().isEmpty();
        String one = demonstration.trainOnAll() ? "text" : "completion";
        return whole ? "prompt and completion" : one;
      }
      if (completions.size() > 2) {
        return "completion " + (completion + 1);
      }
      return completion == 0 ? "chosen" : "rejected";
    }
  }

  /**
   * Begins without rows.
   *
   * @param tokenizer turns ids into text
   * @param colours whether to colour
   */
  TokenLines(Tokenizer tokenizer, boolean colours) {
    this.tokenizer = tokenizer;
    this.colours = colours;
  }

  /** Whether to colour: on a terminal that can, unless NO_COLOR (no-color.org) asks not to. */
  static boolean colours() {
    String noColour = System.getenv("NO_COLOR");
    return System.console() != null
        && (noColour == null || noColour.isEmpty())
        && !"dumb".equals(System.getenv("TERM"));
  }

  /** How many rows there are. */
  int rows() {
    return rows;
  }

  /** The lines of all rows, after one that explains them. */
  List<String> lines() {
    if (lines.isEmpty()) {
      return List.of();
    }
    List<String> all = new ArrayList<>();
    all.add("");
    all.add(
        colours
            ? TRAINED[0] + "trained on" + PLAIN + ", " + GIVEN[0] + "not trained on" + PLAIN
            : "[trained on], (not trained on)");
    all.addAll(lines);
    return all;
  }

  /** Adds a row. */
  void add(Shown row) {
    rows++;
    lines.add(row.row().location().toString());
    if (row.cut() > 0) {
      lines.add(String.format(Locale.ROOT, "  prompt without its first %,d tokens", row.cut()));
    }
    if (row.prompt().length > 0) {
      lines.add("  prompt: " + tokens(row.prompt(), new boolean[row.prompt().length]));
    }
    for (int i = 0; i < row.completions().size(); i++) {
      lines.add("  " + row.name(i) + ": " + tokens(row.completions().get(i), row.mask(i)));
    }
  }

  private String tokens(int[] ids, boolean[] mask) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.length; i++) {
      String token = escaped(tokenizer.decodeRaw(new int[] {ids[i]}));
      boolean trained = mask[i];
      if (colours) {
        text.append((trained ? TRAINED : GIVEN)[i % 2]).append(token);
      } else {
        text.append(trained ? '[' : '(').append(token).append(trained ? ']' : ')');
      }
    }
    return text.append(colours ? PLAIN : "").toString();
  }

  /** Line ends and control characters, which could do anything to a terminal, are written out. */
  private static String escaped(String token) {
    StringBuilder text = new StringBuilder();
    token
        .codePoints()
        .forEach(
            c -> {
              if (c == '\n') {
                text.append("\\n");
              } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                text.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                text.appendCodePoint(c);
              }
            });
    return text.toString();
  }
}
