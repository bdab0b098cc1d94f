package org.rlhf4j.rollout.program;

import java.util.List;
import org.rlhf4j.settings.UsageException;

/**
 * 1 where the completion consists of named sections in their order, {@code
 * <think>…</think><answer>…</answer>}, each once and with something in it, and of white space
 * between them; else 0.
 *
 * @param tags the sections' names
 */
record Format(List<String> tags) implements RewardProgram {

  static Format of(String tags) {
    List<String> names = List.of(tags.split(",", -1));
    if (!names.stream().allMatch(name -> name.matches("[A-Za-z][A-Za-z0-9_-]*"))
        || names.stream().distinct().count() < names.size()) {
      throw new UsageException(
          "format needs the names of the sections, each once, such as format:think,answer, not '%s'"
              .formatted(tags));
    }
    return new Format(names);
  }

  @Override
  public double score(CompletedPrompt completed) {
    String rest = completed.completion().strip();
    for (String tag : tags) {
      String open = "<" + tag + ">";
      String close = "</" + tag + ">";
      int end = rest.indexOf(close);
      if (!rest.startsWith(open) || end < 0 || !isContent(rest.substring(open.length(), end))) {
        return 0;
      }
      rest = rest.substring(end + close.length()).strip();
    }
    return rest.isEmpty() ? 1 : 0;
  }

  private boolean isContent(String text) {
    return !text.isBlank()
        && tags.stream()
            .noneMatch(tag -> text.contains("<" + tag + ">") || text.contains("</" + tag + ">"));
  }
}
