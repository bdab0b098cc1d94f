package org.rlhf4j.data.row;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DialoguePairTest {

  private static final String PROMPT = "\n\nHuman: Is tea warm?\n\nAssistant:";

  private static void assertSplit(
      String chosen, String rejected, String prompt, String chosenRest, String rejectedRest) {
    assertThat(DialoguePair.split(chosen, rejected))
        .isEqualTo(new DialoguePair(prompt, chosenRest, rejectedRest));
  }

  @Test
  void endsThePromptAtTheLastSharedTurn() {
    assertSplit(PROMPT + " Yes.", PROMPT + " No.", PROMPT, " Yes.", " No.");
  }

  @Test
  void leavesAWordThatBothAnswersBeginWithToTheAnswers() {
    assertSplit(PROMPT + " It is.", PROMPT + " It isn't.", PROMPT, " It is.", " It isn't.");
  }

  @Test
  void takesTheLastOfSeveralSharedTurns() {
    String second = PROMPT + " Yes.\n\nHuman: Always?\n\nAssistant:";
    assertSplit(second + " Mostly.", second + " Always.", second, " Mostly.", " Always.");
  }

  @Test
  void keepsTurnsThatOnlyOneSideHas() {
    String more = " Yes.\n\nHuman: Sure?\n\nAssistant: Yes.";
    assertSplit(PROMPT + more, PROMPT + " Yes.", PROMPT, more, " Yes.");
    String other = " Yes.\n\nHuman: Really?\n\nAssistant: Yes.";
    assertSplit(PROMPT + more, PROMPT + other, PROMPT, more, other);
  }

  @Test
  void keepsAnAnswerOfOneSpaceAndAnEmptyOne() {
    assertSplit(PROMPT + " ", PROMPT + " Yes.", PROMPT, " ", " Yes.");
    assertSplit(PROMPT, PROMPT + " Yes.", PROMPT, "", " Yes.");
  }

  @Test
  void splitsIdenticalDialoguesAtTheirLastTurn() {
    assertSplit(PROMPT + " Yes.", PROMPT + " Yes.", PROMPT, " Yes.", " Yes.");
  }

  @Test
  void hasAnEmptyPromptWhereNoTurnIsShared() {
    assertSplit("Yes.", "Yes, warm.", "", "Yes.", "Yes, warm.");
    assertSplit("", "", "", "", "");
    assertSplit("Human: a\n\nAssistant: b", "Hum", "", "Human: a\n\nAssistant: b", "Hum");
    assertSplit("Assistant: b", "Assistant; b", "", "Assistant: b", "Assistant; b");
  }

  @Test
  void countsATurnOnlyWhereBothHaveAllOfIt() {
    String chosen = PROMPT + " Yes.\n\nAssistant: b";
    String rejected = PROMPT + " Yes.\n\nAssistant";
    assertSplit(chosen, rejected, PROMPT, " Yes.\n\nAssistant: b", " Yes.\n\nAssistant");
  }
}
