package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.PolicyReplayContract;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.RunFiles;

class GrpoReplayTest extends PolicyReplayContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> both() {
    return List.of("updates-per-batch", "2");
  }

  @Override
  protected List<String> replays() {
    return List.of();
  }

  @Override
  protected List<String> oneUpdate() {
    return List.of("updates-per-batch", "1");
  }

  @Override
  protected List<String> models() {
    return List.of("model");
  }

  @Override
  protected List<String> computed() {
    return List.of("logprobs", "ref_logprobs");
  }

  @Override
  protected String ownLoss() {
    return "kl_loss";
  }

  /** The groups are those of the file, whatever --group-size says. */
  @Test
  void groupsAreThoseOfTheFile() throws IOException {
    Path equal =
        edited(
            line -> {
              if (line.get("group").intValue() == 1) {
                line.put("score", 0.25);
              }
            });
    Path run = replay("equal", equal, "group-size", "8");
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("equal_reward_groups").intValue()).isEqualTo(1);
    }
  }
}
