package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.PolicySliceContract;

class GrpoSliceTest extends PolicySliceContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }
}
