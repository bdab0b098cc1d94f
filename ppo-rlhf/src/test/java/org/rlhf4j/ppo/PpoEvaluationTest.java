package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.testing.stages.PolicyEvaluationContract;
import org.rlhf4j.testing.stages.PolicyRuns;

class PpoEvaluationTest extends PolicyEvaluationContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }
}
