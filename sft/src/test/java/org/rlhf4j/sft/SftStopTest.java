package org.rlhf4j.sft;

import java.nio.file.Path;
import org.rlhf4j.testing.stages.RowStopContract;
import org.rlhf4j.training.StageType;

class SftStopTest extends RowStopContract {

  @Override
  protected StageType<?> stage() {
    return SftStage.TYPE;
  }

  @Override
  protected Path model() {
    return SftFixture.MODEL;
  }

  @Override
  protected String answer() {
    return "\"completion\": \" It is %d.\"";
  }
}
