package org.rlhf4j.reward;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.RowStopContract;

class RewardStopTest extends RowStopContract {

  RewardStopTest() {
    super(RewardFixture.STAGE);
  }

  @Test
  void aHeadAloneIsStoppedInAStepToo() throws IOException {
    requireNothingLeft("freeze-backbone", "true");
  }
}
