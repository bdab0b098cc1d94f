package org.rlhf4j.sft;

import org.rlhf4j.testing.stages.RowSliceContract;

class SftSliceTest extends RowSliceContract {

  SftSliceTest() {
    super(SftFixture.STAGE);
  }
}
