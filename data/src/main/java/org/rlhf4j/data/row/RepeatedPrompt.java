package org.rlhf4j.data.row;

import java.util.List;

/**
 * Text rows whose completions begin with the prompt, which would then be read twice. It comes off
 * where each completion says more than it. A single word isn't taken for a repetition: an answer
 * may begin with it.
 *
 * @param prompt the prompt, once
 * @param completions what follows it
 */
record RepeatedPrompt(String prompt, List<String> completions) {

  private static final String USER = "Human:";

  /** The row's texts with the prompt once. */
  static RepeatedPrompt off(RecognisedRow row, String prompt, List<String> completions) {
    if (isMoreThanAWord(prompt) && completions.stream().allMatch(text -> repeats(text, prompt))) {
      row.notes().remark("repeat the prompt in the completion; it is taken once");
      return new RepeatedPrompt(
          prompt, completions.stream().map(text -> text.substring(prompt.length())).toList());
    }
    if (!prompt.isBlank() && completions.stream().allMatch(text -> isDialogue(text, prompt))) {
      DialoguePair pair =
          DialoguePair.split(completions.get(0), completions.get(completions.size() - 1));
      boolean shared = completions.stream().allMatch(text -> text.startsWith(pair.prompt()));
      if (shared && pair.prompt().contains(prompt.strip())) {
        row.notes().remark("have a prompt that the dialogues have too; it is taken once");
        int begin = pair.prompt().length();
        return new RepeatedPrompt(
            pair.prompt(), completions.stream().map(text -> text.substring(begin)).toList());
      }
    }
    return new RepeatedPrompt(prompt, completions);
  }

  private static boolean isMoreThanAWord(String prompt) {
    return prompt.strip().chars().anyMatch(c -> !Character.isLetterOrDigit(c));
  }

  private static boolean repeats(String completion, String prompt) {
    return completion.length() > prompt.length() && completion.startsWith(prompt);
  }

  /** Whether a completion is a whole dialogue that has the prompt in it. */
  private static boolean isDialogue(String completion, String prompt) {
    return completion.stripLeading().startsWith(USER)
        && !prompt.contains(USER)
        && completion.contains(prompt.strip());
  }
}
