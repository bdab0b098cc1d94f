package org.rlhf4j.rollout.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.ReplayBufferSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.file.RolloutFile;

class ReplayBufferTest {

  private static ReplayBuffer buffer(int steps, double share, long seed) {
    return new ReplayBuffer(new ReplayBufferSettings(steps, share), seed);
  }

  /** Four groups of two completions whose scores name step and group: 100 step + 10 group + 0.5. */
  private static Rollout ofStep(int step) {
    List<RolloutGroup> groups = new ArrayList<>();
    for (int g = 0; g < 4; g++) {
      double score = 100 * step + 10 * g + 0.5;
      groups.add(
          TinyRollouts.group(
              g,
              new int[] {5, 6},
              TinyRollouts.completion(score, 7, 8),
              TinyRollouts.completion(score, 9)));
    }
    Rollout rollout = new Rollout(groups);
    float[][] numbers = TinyRollouts.numbers(rollout);
    for (float[] row : numbers) {
      for (int t = 0; t < row.length; t++) {
        row[t] = -row[t] - step;
      }
    }
    return rollout.withLogprobs(numbers).withRefLogprobs(numbers).withValues(numbers);
  }

  private static ReplayBuffer after(int steps, ReplayBuffer buffer) {
    for (int step = 1; step <= steps; step++) {
      buffer.add(step, ofStep(step));
    }
    return buffer;
  }

  private static List<Double> drawn(ReplayBuffer buffer, int step) {
    return buffer.joined(step, ofStep(step)).groups().stream()
        .filter(RolloutGroup::isReplayed)
        .map(group -> group.completions().get(0).score())
        .toList();
  }

  @Test
  void theFirstStepHasNothingToReplay() {
    Rollout joined = buffer(3, 0.5, 0).joined(1, ofStep(1));
    assertThat(joined.groups()).hasSize(4).noneMatch(RolloutGroup::isReplayed);
  }

  /**
   * So many groups beside four fresh ones; with a share of 0.8 all four of the only step before.
   */
  @ParameterizedTest
  @CsvSource({"0.5, 1, 4", "0.2, 1, 1", "0.01, 1, 1", "0.8, 1, 4", "0.8, 9, 16", "0.75, 9, 12"})
  void theShareIsOfAllCompletions(double share, int before, int groups) {
    assertThat(drawn(after(before, buffer(9, share, 0)), before + 1)).hasSize(groups);
  }

  /** Whole groups behind the fresh ones, under numbers of their own, each once. */
  @Test
  void groupsAreReplayedWhole() {
    Rollout joined = after(3, buffer(3, 0.5, 0)).joined(4, ofStep(4));
    assertThat(joined.fresh().groups()).isEqualTo(joined.groups().subList(0, 4));
    assertThat(joined.groups()).extracting(RolloutGroup::group).doesNotHaveDuplicates();
    Set<Double> scores = new TreeSet<>();
    for (RolloutGroup group : joined.groups().subList(4, 8)) {
      double score = group.completions().get(0).score();
      assertThat(group.sampledAt()).isEqualTo((int) score / 100).isBetween(1, 3);
      assertThat(group.completions()).hasSize(2);
      scores.add(score);
      int of = (int) (score % 100) / 10;
      List<Completion> recorded = ofStep(group.sampledAt()).groups().get(of).completions();
      for (int i = 0; i < 2; i++) {
        Completion completion = group.completions().get(i);
        assertThat(completion.score()).isEqualTo(score);
        assertThat(completion.ids()).isEqualTo(recorded.get(i).ids());
        assertThat(completion.logprobs()).isEqualTo(recorded.get(i).logprobs());
        assertThat(completion.refLogprobs()).isNull();
        assertThat(completion.values()).isNull();
      }
    }
    assertThat(scores).hasSize(4);
  }

  @Test
  void theOldestLeaveFirst() {
    ReplayBuffer buffer = after(5, buffer(2, 0.9, 0));
    assertThat(drawn(buffer, 6))
        .containsExactlyInAnyOrder(400.5, 410.5, 420.5, 430.5, 500.5, 510.5, 520.5, 530.5);
  }

  /** A function of seed and step, whatever was drawn before. */
  @Test
  void drawsAreByCounterKeys() {
    ReplayBuffer one = after(5, buffer(5, 0.5, 7));
    ReplayBuffer other = after(5, buffer(5, 0.5, 7));
    List<Double> sixth = drawn(one, 6);
    drawn(other, 9);
    assertThat(drawn(other, 6)).isEqualTo(sixth);
    assertThat(drawn(one, 7)).isNotEqualTo(sixth);
    assertThat(drawn(after(5, buffer(5, 0.5, 8)), 6)).isNotEqualTo(sixth);
  }

  /** Each of 20 groups in 4 of 20 draws; over 2000 steps within 5 deviations of 400. */
  @Test
  void everyGroupIsAsLikely() {
    ReplayBuffer buffer = after(5, buffer(5, 0.5, 1));
    Map<Double, Integer> counts = new HashMap<>();
    for (int step = 6; step < 2006; step++) {
      drawn(buffer, step).forEach(score -> counts.merge(score, 1, Integer::sum));
    }
    double deviation = Math.sqrt(2000 * 0.2 * 0.8);
    assertThat(counts).hasSize(20);
    assertThat(counts.values()).allMatch(count -> Math.abs(count - 400) < 5 * deviation);
  }

  @Test
  void aCheckpointHasItAll(@TempDir Path folder) throws IOException {
    ReplayBuffer buffer = after(5, buffer(3, 0.5, 2));
    buffer.save(folder);
    ReplayBuffer back = after(1, buffer(3, 0.5, 2));
    try (LanguageModel policy = TinyRollouts.policy(1)) {
      back.load(folder, policy);
    }
    assertThat(lines(back.joined(6, ofStep(6)))).isEqualTo(lines(buffer.joined(6, ofStep(6))));
    // What leaves next is the same, too.
    for (ReplayBuffer one : List.of(buffer, back)) {
      one.add(6, ofStep(6));
    }
    assertThat(lines(back.joined(7, ofStep(7)))).isEqualTo(lines(buffer.joined(7, ofStep(7))));
  }

  private static String lines(Rollout rollout) {
    return RolloutFile.lines(9, rollout).stream()
        .map(Object::toString)
        .collect(Collectors.joining("\n"));
  }

  /** 3 steps of 8 completions of at most 10 tokens, 16 bytes each. */
  @Test
  void itsMemoryIsThatOfFullCompletions() {
    assertThat(buffer(3, 0.5, 0).memory(8, 10).bytes()).isEqualTo(3840);
    assertThat(buffer(3, 0.5, 0).memory(8, 10).name()).isEqualTo("replay buffer of 24 completions");
  }
}
