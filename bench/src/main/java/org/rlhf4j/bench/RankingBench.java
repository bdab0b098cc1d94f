package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.RewardTrainer;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;

/**
 * Times a reward model's optimizer step on rankings of K completions, of which all are scored in
 * one pass on a shared prompt, against a step on the same rankings' C(K,2) pairs as rows of their
 * own: with the prompt shared by a pair's two sides, and with a prompt for each side.
 */
public final class RankingBench {

  private static final double LOSS_TOLERANCE = 1e-4; // that of fp32 scores in another layout

  private RankingBench() {}

  /**
   * Its options.
   *
   * @param model a sequence classifier, or a language model, which gets a fresh head
   * @param rankings rows of a step
   * @param completions of a ranking, K
   * @param promptTokens of each prompt
   * @param completionTokens of each completion
   * @param steps how often each step is timed
   * @param warmup steps before those
   * @param threads of an operation, or null
   * @param seed of the token ids and a fresh head
   */
  record Options(
      @Setting(help = "Reward or language model: a model folder or a run.", required = true)
          Path model,
      @Setting(help = "Rankings of a step.", defaultValue = "2") int rankings,
      @Setting(help = "Completions of a ranking.", defaultValue = "4") int completions,
      @Setting(help = "Tokens of a prompt.", defaultValue = "128") int promptTokens,
      @Setting(help = "Tokens of a completion.", defaultValue = "64") int completionTokens,
      @Setting(help = "Steps of each layout that are timed.", defaultValue = "3") int steps,
      @Setting(help = "Steps before those.", defaultValue = "1") int warmup,
      @Setting(help = "CPU threads.", defaultText = "one a core") Integer threads,
      @Setting(help = "Seed of the token ids.", defaultValue = "0") long seed) {
    Options {
      Limits.positive("rankings", rankings);
      Limits.require(completions >= 2, "completions", "must be at least 2");
      Limits.positive("prompt-tokens", promptTokens);
      Limits.positive("completion-tokens", completionTokens);
      Limits.positive("steps", steps);
      Limits.notNegative("warmup", warmup);
    }
  }

  /**
   * Prints one JSON line: {@code loss}, which all three have, {@code ranking_seconds}, {@code
   * shared_pairs_seconds} and {@code separate_pairs_seconds} (medians of a step), the tokens that
   * each step sends through the network, and the rankings' time over that of the pairs: {@code
   * of_shared_pairs}, {@code of_separate_pairs}.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, RankingBench::measure);
  }

  /** What a step takes its time for: the same comparisons, laid out in one way. */
  private record Layout(String name, List<TokenizedRow> rows, List<Double> seconds) {

    Layout(String name, List<TokenTree> trees) {
      this(name, trees.stream().map(RankingBench::row).toList(), new ArrayList<>());
    }

    /** Makes a step; returns its loss. */
    double step(RewardTrainer trainer, int step, boolean timed) {
      long start = System.nanoTime();
      double loss = trainer.step(step, rows).get("loss").orElseThrow();
      if (timed) {
        seconds.add((System.nanoTime() - start) / 1e9);
      }
      return loss;
    }

    int tokens() {
      return rows.stream().mapToInt(row -> row.tree().length()).sum();
    }

    double median() {
      return new Seconds(seconds.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }
  }

  private static void measure(Options chosen, ObjectNode line) {
    int threads = Measurement.threads(chosen.threads());
    try (ScalarModel model = ScalarModel.loadOrStart(chosen.model(), chosen.seed())) {
      List<Layout> layouts = layouts(chosen, model.config().dimensions().vocabulary());
      line.put("work", "rankings")
          .put("model", String.valueOf(chosen.model().getFileName()))
          .put("rankings", chosen.rankings())
          .put("completions", chosen.completions())
          .put("prompt_tokens", chosen.promptTokens())
          .put("completion_tokens", chosen.completionTokens())
          .put("threads", threads)
          .put("loss", time(layouts, model, chosen));
      for (Layout layout : layouts) {
        line.put(layout.name() + "_tokens", layout.tokens())
            .put(layout.name() + "_seconds", layout.median());
        ArrayNode all = line.putArray(layout.name() + "_all_seconds");
        layout.seconds().forEach(all::add);
      }
      double ranking = layouts.get(0).median();
      line.put("of_shared_pairs", ranking / layouts.get(1).median())
          .put("of_separate_pairs", ranking / layouts.get(2).median());
    }
  }

  private static List<Layout> layouts(Options chosen, int vocabulary) {
    List<TokenTree> rankings = rankings(chosen, vocabulary);
    List<TokenTree> shared = rankings.stream().flatMap(row -> pairs(row).stream()).toList();
    List<TokenTree> separate = shared.stream().map(RankingBench::withoutSharing).toList();
    return List.of(
        new Layout("ranking", rankings),
        new Layout("shared_pairs", shared),
        new Layout("separate_pairs", separate));
  }

  /**
   * Times the layouts' steps by turns, so that a machine that gets slower does so for all. The
   * learning rate is 0: nothing is learnt, the arithmetic is the same, and every step has the same
   * loss, which is returned.
   */
  private static double time(List<Layout> layouts, ScalarModel model, Options chosen) {
    OptimizerSettings optimizer =
        new OptimizerSettings(0, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-8, 1);
    int budget = MemoryPlan.microBatchTokens(model.config().dimensions());
    int turns = chosen.warmup() + chosen.steps();
    double expected = Double.NaN;
    try (RewardTrainer trainer =
        new RewardTrainer(model, optimizer, 0, turns * layouts.size(), budget)) {
      int step = 0;
      for (int turn = 0; turn < turns; turn++) {
        for (Layout layout : layouts) {
          double loss = layout.step(trainer, ++step, turn >= chosen.warmup());
          expected = step == 1 ? loss : expected;
          requireEqual(layout.name(), loss, expected);
        }
      }
    }
    return expected;
  }

  /** A ranking's loss is the mean over its pairs, and a step's over its rows, all of one size. */
  static void requireEqual(String layout, double loss, double expected) {
    if (!(Math.abs(loss - expected) <= LOSS_TOLERANCE * Math.max(1, Math.abs(expected)))) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: the loss is %.6f where the rankings' is %.6f; the steps don't do the same work",
              layout,
              loss,
              expected));
    }
  }

  private static List<TokenTree> rankings(Options chosen, int vocabulary) {
    SplittableRandom random = new SplittableRandom(chosen.seed());
    List<TokenTree> rankings = new ArrayList<>();
    for (int row = 0; row < chosen.rankings(); row++) {
      int[] prompt = random.ints(chosen.promptTokens(), 0, vocabulary).toArray();
      List<int[]> completions = new ArrayList<>();
      for (int k = 0; k < chosen.completions(); k++) {
        completions.add(random.ints(chosen.completionTokens(), 0, vocabulary).toArray());
      }
      rankings.add(new TokenTree(prompt, completions));
    }
    return rankings;
  }

  private static List<TokenTree> pairs(TokenTree ranking) {
    List<TokenTree> pairs = new ArrayList<>();
    List<int[]> completions = ranking.completions();
    for (int i = 0; i < completions.size(); i++) {
      for (int j = i + 1; j < completions.size(); j++) {
        pairs.add(new TokenTree(ranking.prompt(), List.of(completions.get(i), completions.get(j))));
      }
    }
    return pairs;
  }

  /** The same pair with the prompt written before each completion: scores stay what they are. */
  private static TokenTree withoutSharing(TokenTree pair) {
    return new TokenTree(
        new int[0], pair.completions().stream().map(ids -> concat(pair.prompt(), ids)).toList());
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static TokenizedRow row(TokenTree tree) {
    List<String> texts = tree.completions().stream().map(ids -> "").toList();
    return new TokenizedRow(tree, new Comparison("", texts, 0, new Location("bench", 1, 1)), 0, 0);
  }
}
