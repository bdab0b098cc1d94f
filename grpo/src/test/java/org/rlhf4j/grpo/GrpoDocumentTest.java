package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.testing.stages.PolicyDocumentContract;
import org.rlhf4j.testing.stages.PolicyRuns;

/** Holds docs/grpo.md and the README against what the stage takes and writes. */
class GrpoDocumentTest extends PolicyDocumentContract {

  GrpoDocumentTest() {
    super("grpo.md", "org/rlhf4j/grpo/GrpoTrainer.java");
  }

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> someSettings() {
    return List.of("exact-kl=true", "recipe=dapo max-step-kl=0.01");
  }
}
