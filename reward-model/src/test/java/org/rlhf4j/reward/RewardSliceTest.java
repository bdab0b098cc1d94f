package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.testing.stages.RowSliceContract;

class RewardSliceTest extends RowSliceContract {

  RewardSliceTest() {
    super(RewardFixture.STAGE);
  }

  @Test
  void aHeadAloneIsRefused() {
    assertThatThrownBy(() -> run("run", "spark", "here[1]", "freeze-backbone", "true"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("freeze-backbone trains the head alone");
  }
}
