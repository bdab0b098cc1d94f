package org.rlhf4j.data.row;

/**
 * Two whole dialogues as in HH-RLHF, taken apart. The prompt is what both share up to and including
 * the last "Assistant:" within it, the completions are what follows; where they share none the
 * prompt is empty. A word that both answers begin with belongs to the answers.
 *
 * @param prompt ends in "Assistant:", or is empty
 * @param chosen the rest of the chosen dialogue
 * @param rejected the rest of the rejected dialogue
 */
record DialoguePair(String prompt, String chosen, String rejected) {

  private static final String TURN = "Assistant:";

  /**
   * Takes two dialogues apart.
   *
   * @param chosen the better dialogue, whole
   * @param rejected the worse dialogue, whole
   * @return the shared prompt and both completions
   */
  static DialoguePair split(String chosen, String rejected) {
    int turn = chosen.lastIndexOf(TURN, shared(chosen, rejected) - TURN.length());
    int end = turn < 0 ? 0 : turn + TURN.length();
    return new DialoguePair(
        chosen.substring(0, end), chosen.substring(end), rejected.substring(end));
  }

  private static int shared(String one, String other) {
    int limit = Math.min(one.length(), other.length());
    int length = 0;
    while (length < limit && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }
}
