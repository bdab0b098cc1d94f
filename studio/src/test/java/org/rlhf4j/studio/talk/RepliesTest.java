package org.rlhf4j.studio.talk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.settings.UserException;

class RepliesTest {

  private static final ChatMessage HI = new ChatMessage("user", "hi");

  @Test
  void repliesAreDistinctAndTheSameFromTheSameSeed() {
    try (Replies one = TinyTalk.replies(1);
        Replies other = TinyTalk.replies(1)) {
      List<String> replies = one.sample(List.of(HI), 2, () -> false);
      assertThat(replies).hasSize(2).doesNotHaveDuplicates();
      assertThat(other.sample(List.of(HI), 2, () -> false)).isEqualTo(replies);
      assertThat(one.sample(List.of(HI), 2, () -> false)).isNotEqualTo(replies);
    }
  }

  /** What is kept of a dialogue is what the model read. */
  @Test
  void withoutATemplateTheDialogueIsText() {
    try (Replies replies = TinyTalk.replies(1)) {
      List<ChatMessage> dialogue =
          List.of(HI, new ChatMessage("assistant", " hello"), new ChatMessage("user", "why"));
      assertThat(replies.prompt(dialogue).textValue()).isEqualTo("Q: hi A: hello\nQ: why A:");
    }
  }

  @Test
  void aModelThatSaysTheSameEachTimeIsRefused() {
    try (Replies replies = TinyTalk.replies(0)) {
      assertThatThrownBy(() -> replies.sample(List.of(HI), 2, () -> false))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("says the same each time");
    }
  }

  @Test
  void aDialogueThatDoesNotFitIsRefused() {
    try (Replies replies = TinyTalk.replies(1)) {
      List<ChatMessage> dialogue = List.of(new ChatMessage("user", "long ".repeat(500)));
      assertThatThrownBy(() -> replies.sample(dialogue, 2, () -> false))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("leaves no room for a reply");
    }
  }

  /** Nobody waits any more, so the sampling ends and there is no error. */
  @Test
  void whatIsUnwantedEnds() {
    try (Replies replies = TinyTalk.replies(0)) {
      assertThat(replies.sample(List.of(HI), 2, () -> true)).hasSizeLessThan(2);
    }
  }
}
