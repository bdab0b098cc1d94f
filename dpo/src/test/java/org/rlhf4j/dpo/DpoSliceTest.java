package org.rlhf4j.dpo;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.RowSliceContract;
import org.rlhf4j.training.StageType;

class DpoSliceTest extends RowSliceContract {

  @Override
  protected StageType<?> stage() {
    return DpoStage.TYPE;
  }

  @Override
  protected Path model() {
    return DpoFixture.POLICY;
  }

  @Override
  protected String answer() {
    return "\"chosen\": \" It is %d.\", \"rejected\": \" no\"";
  }

  /** The workers load it, too. */
  @Test
  void aReferenceOfItsOwnIsComparedWith() throws IOException {
    requireSameBits("reference-model", DpoFixture.REFERENCE.toString());
    requireStepOfOneProcess("reference-model", DpoFixture.REFERENCE.toString());
  }

  /** Its likelihood is divided by the tokens of the whole step. */
  @Test
  void theLikelihoodIsShared() throws IOException {
    requireStepOfOneProcess("loss", "orpo");
  }
}
