package org.rlhf4j.reward;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.RowStopContract;
import org.rlhf4j.training.StageType;

class RewardStopTest extends RowStopContract {

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
  void aHeadAloneIsStoppedInAStepToo() throws IOException {
    requireNothingLeft("freeze-backbone", "true");
  }
}
