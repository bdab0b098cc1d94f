package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutExcerptTest {

  @TempDir private Path folder;
  private Path file;

  /** 20 steps of 7 groups, scored 10 · step + group. */
  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("rollouts.jsonl");
    List<ObjectNode> lines = new ArrayList<>();
    for (int step = 1; step <= 20; step++) {
      for (int group = 0; group < 7; group++) {
        lines.add(WrittenRuns.rollout(step, group, 10 * step + group, 2, "text"));
      }
    }
    WrittenRuns.lines(file, lines);
  }

  @Test
  void theBestTheWorstAndSomeBetweenOfThreeSteps() throws IOException {
    RolloutExcerpt excerpt = RolloutExcerpt.read(file);
    assertThat(excerpt.completions()).isEqualTo(140);
    assertThat(excerpt.chosen())
        .extracting(line -> line.get("score").intValue())
        .containsExactly(16, 14, 12, 10, 116, 114, 112, 110, 206, 204, 202, 200);
  }

  /** A tenth of 20 steps is 2: the first two have the mean 15 + 3, the last two 195 + 3. */
  @Test
  void theRewardOfTheLastTenthAgainstTheFirst() throws IOException {
    RewardChange change = RolloutExcerpt.read(file).change().orElseThrow();
    assertThat(change.before()).isCloseTo(18, within(1e-9));
    assertThat(change.after()).isCloseTo(198, within(1e-9));
    assertThat(change.low()).isBetween(170.0, 180.0);
  }

  @Test
  void aTornLineIsLeftOut() throws IOException {
    Files.writeString(file, "{\"step\":20,\"group\":7,\"prompt_ids\":[", StandardOpenOption.APPEND);
    assertThat(RolloutExcerpt.read(file).chosen()).hasSize(12);
  }

  @Test
  void oneStepHasNoChange() throws IOException {
    WrittenRuns.lines(file, List.of(WrittenRuns.rollout(1, 0, 2, 2, "text")));
    RolloutExcerpt excerpt = RolloutExcerpt.read(file);
    assertThat(excerpt.chosen()).hasSize(1);
    assertThat(excerpt.change()).isEmpty();
    assertThat(RolloutExcerpt.read(folder.resolve("none")).completions()).isZero();
  }
}
