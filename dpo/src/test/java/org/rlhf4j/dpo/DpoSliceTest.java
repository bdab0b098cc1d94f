package org.rlhf4j.dpo;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.RowSliceContract;

class DpoSliceTest extends RowSliceContract {

  DpoSliceTest() {
    super(DpoFixture.STAGE);
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
