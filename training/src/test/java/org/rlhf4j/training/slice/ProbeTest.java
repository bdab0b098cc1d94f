package org.rlhf4j.training.slice;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UserException;

class ProbeTest {
  private static final Probe TRAINER = new Probe(List.of("a"), "rows", List.of(-1.5, 0.25));

  private static void refused(Probe other, String message) {
    assertThatThrownBy(() -> TRAINER.requireSame(other))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theSameIsTaken() {
    TRAINER.requireSame(new Probe(List.of("a"), "rows", List.of(-1.5, 0.25)));
  }

  @Test
  void anotherTokenizerIsRefused() {
    refused(new Probe(List.of("b"), "rows", List.of(-1.5, 0.25)), "its tokenizer is another");
  }

  @Test
  void otherRowsAreRefused() {
    refused(new Probe(List.of("a"), "others", List.of(-1.5, 0.25)), "its rows are others");
  }

  /** A processor of another kind rounds the last digit otherwise. */
  @Test
  void anotherLastDigitIsRefused() {
    refused(
        new Probe(List.of("a"), "rows", List.of(-1.5, Math.nextUp(0.25))),
        "(0.25000000000000006 and 0.25): a model is another or the processor is of another kind");
  }

  @Test
  void oneModelMoreHasToBeTheSame() {
    Probe critic = new Probe(List.of("a"), "", List.of(3.0));
    assertThatThrownBy(
            () ->
                TRAINER
                    .and(critic)
                    .requireSame(TRAINER.and(new Probe(List.of("a"), "", List.of(4.0)))))
        .hasMessageContaining("(4.0 and 3.0)");
    assertThatThrownBy(() -> TRAINER.and(critic).requireSame(TRAINER))
        .hasMessageContaining("its tokenizer is another");
  }
}
