package org.rlhf4j.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.RowStopContract;

class DpoStopTest extends RowStopContract {

  DpoStopTest() {
    super(DpoFixture.STAGE);
  }

  /** The log-probabilities of the reference are computed in step 1, row by row here. */
  @Test
  void aReferenceThatIsNotWholeIsNotKept() {
    Path run = runUntil(1, "run", "steps", "2", "micro-batch-tokens", "1");
    assertThat(run.resolve("reference.safetensors")).doesNotExist();
  }
}
