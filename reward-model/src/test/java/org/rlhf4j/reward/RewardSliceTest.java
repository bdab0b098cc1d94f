package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.testing.stages.RowSliceContract;
import org.rlhf4j.training.StageType;

class RewardSliceTest extends RowSliceContract {

  @Override
  protected StageType<?> stage() {
    return RewardStage.TYPE;
  }

  @Override
  protected Path model() {
    return RewardFixture.MODEL;
  }

  @Override
  protected String answer() {
    return "\"chosen\": \" It is %d.\", \"rejected\": \" no\"";
  }

  @Test
  void aHeadAloneIsRefused() {
    assertThatThrownBy(() -> run("run", "spark", "here[1]", "freeze-backbone", "true"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("freeze-backbone trains the head alone");
  }
}
