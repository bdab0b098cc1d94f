package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.testing.stages.PolicyReplayContract;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.RunFiles;

class PpoReplayTest extends PolicyReplayContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> both() {
    return List.of();
  }

  @Override
  protected List<String> replays() {
    return List.of("value-model", TinyRun.REWARD_MODEL.toString());
  }

  @Override
  protected List<String> oneUpdate() {
    return List.of("ppo-epochs", "1", "minibatches", "1");
  }

  @Override
  protected List<String> models() {
    return List.of("model", "critic");
  }

  @Override
  protected List<String> computed() {
    return List.of("logprobs", "ref_logprobs", "values");
  }

  @Override
  protected String ownLoss() {
    return "value_loss";
  }

  @Test
  void recordedValuesAreTheOldOnes() throws IOException {
    Path values =
        edited(
            line -> {
              ArrayNode array = (ArrayNode) line.get("values");
              for (int t = 0; t < array.size(); t++) {
                array.set(t, 0);
              }
            });
    JsonNode metrics = RunFiles.lines(replay("values", values).resolve("metrics.jsonl")).get(0);
    // var(G − 0) = var(G)
    assertThat(metrics.get("explained_variance").doubleValue()).isZero();
  }
}
