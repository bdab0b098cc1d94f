package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.rlhf4j.data.Comparison;
import org.rlhf4j.data.Location;
import org.rlhf4j.data.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.RewardTrainer;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.OptimizerSettings;
import org.rlhf4j.training.Schedule;
import org.rlhf4j.training.settings.Limits;
import org.rlhf4j.training.settings.Setting;

/**
 * Times a reward model's optimizer step on rankings of K completions, of which all are scored in
 * one pass on a shared prompt, against a step on the same rankings' C(K,2) pairs as rows of their
 * own: with the prompt shared by a pair's two sides, and with a prompt for each side.
 */
public final class RankingBench {
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
      @Setting(help = "Rankings of a step.", defaultValue = "4") int rankings,
      @Setting(help = "Completions of a ranking.", defaultValue = "4") int completions,
      @Setting(help = "Tokens of a prompt.", defaultValue = "128") int promptTokens,
      @Setting(help = "Tokens of a completion.", defaultValue = "64") int completionTokens,
      @Setting(help = "Steps that are timed.", defaultValue = "5") int steps,
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
   * Prints one JSON line: {@code ranking_seconds}, {@code shared_pairs_seconds} and {@code
   * separate_pairs_seconds} (medians of a step), the tokens that each step sends through the
   * network, and the rankings' time over that of the pairs: {@code of_shared_pairs}, {@code
   * of_separate_pairs}.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, RankingBench::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    int threads = Measurement.threads(chosen.threads());
    try (ScalarModel model = ScalarModel.loadOrStart(chosen.model(), chosen.seed())) {
      List<TokenTree> rankings = rankings(chosen, model.config().dimensions().vocabulary());
      List<TokenTree> shared = rankings.stream().flatMap(row -> pairs(row).stream()).toList();
      List<TokenTree> separate = shared.stream().map(RankingBench::withoutSharing).toList();
      line.put("work", "rankings")
          .put("model", String.valueOf(chosen.model().getFileName()))
          .put("completions", chosen.completions())
          .put("prompt_tokens", chosen.promptTokens())
          .put("completion_tokens", chosen.completionTokens())
          .put("threads", threads);
      double ranking = median("ranking", rankings, model, chosen, line);
      double sharedPairs = median("shared_pairs", shared, model, chosen, line);
      double separatePairs = median("separate_pairs", separate, model, chosen, line);
      line.put("of_shared_pairs", ranking / sharedPairs)
          .put("of_separate_pairs", ranking / separatePairs);
    }
  }

  private static double median(
      String name, List<TokenTree> trees, ScalarModel model, Options chosen, ObjectNode line) {
    List<TokenizedRow> rows = trees.stream().map(RankingBench::row).toList();
    OptimizerSettings optimizer =
        new OptimizerSettings(1e-6, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-8, 1);
    int budget = MemoryPlan.microBatchTokens(model.config().dimensions());
    int steps = chosen.warmup() + chosen.steps();
    try (RewardTrainer trainer = new RewardTrainer(model, optimizer, 0, steps, budget)) {
      int[] step = {0};
      Seconds seconds =
          Seconds.of(chosen.warmup(), chosen.steps(), () -> trainer.step(++step[0], rows));
      line.put(name + "_tokens", trees.stream().mapToInt(TokenTree::length).sum())
          .put(name + "_seconds", seconds.median());
      ArrayNode all = line.putArray(name + "_all_seconds");
      Arrays.stream(seconds.all()).forEach(all::add);
      return seconds.median();
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
