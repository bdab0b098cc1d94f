package org.rlhf4j.sft;

import org.rlhf4j.testing.stages.RowStopContract;

class SftStopTest extends RowStopContract {

  SftStopTest() {
    super(SftFixture.STAGE);
  }
}
