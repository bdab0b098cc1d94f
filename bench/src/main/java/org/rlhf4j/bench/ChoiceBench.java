package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.RewardTrainer;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;

/**
 * Simulated labellers who know the truth and sometimes say the contrary. Round after round a reward
 * model is trained on all labels so far, and the next pairs are labelled: drawn at random, or those
 * of which the model is least sure, as the studio chooses them. Both begin with the same labels.
 */
public final class ChoiceBench {

  private ChoiceBench() {}

  /**
   * Its options.
   *
   * @param model what each reward model starts from
   * @param data comparisons to be labelled, whose truth is known
   * @param heldOut comparisons to judge on
   * @param seeds how often all of it is done
   * @param firstSeed the first seed
   * @param pairs labelled in a round
   * @param rounds how many
   * @param epochs passes over the labels of a training
   * @param learningRate the greatest one
   * @param noise share of labels that are the contrary of the truth
   * @param threads of an operation, or null
   */
  record Options(
      @Setting(help = "Language model: a model folder or a run.", required = true) Path model,
      @Setting(help = "File of comparisons to be labelled.", required = true) Path data,
      @Setting(help = "File of comparisons to judge on.", required = true) Path heldOut,
      @Setting(help = "How often all of it is done.", defaultValue = "10") int seeds,
      @Setting(help = "The first seed.", defaultValue = "0") int firstSeed,
      @Setting(help = "Pairs that are labelled in a round.", defaultValue = "16") int pairs,
      @Setting(help = "Rounds.", defaultValue = "5") int rounds,
      @Setting(help = "Passes over the labels of a training.", defaultValue = "10") int epochs,
      @Setting(help = "Learning rate.", defaultValue = "5e-4") double learningRate,
      @Setting(help = "Share of labels that are wrong.", defaultValue = "0.1") double noise,
      @Setting(help = "CPU threads.", defaultText = "one a core") Integer threads) {
    Options {
      Limits.positive("seeds", seeds);
      Limits.positive("pairs", pairs);
      Limits.positive("rounds", rounds);
      Limits.positive("epochs", epochs);
      Limits.fraction("noise", noise);
    }
  }

  /**
   * Prints one JSON line: for each strategy and seed the held-out accuracy after each round, and
   * the mean over seeds of the difference with its 95 % interval (twice the standard error).
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, ChoiceBench::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    Measurement.threads(chosen.threads());
    ArrayNode random = line.putArray("random");
    ArrayNode margin = line.putArray("smallest_margin");
    List<double[]> gained = new ArrayList<>();
    for (int seed = chosen.firstSeed(); seed < chosen.firstSeed() + chosen.seeds(); seed++) {
      double[] drawn = new Labelling(chosen, seed, false).run();
      double[] asked = new Labelling(chosen, seed, true).run();
      add(random, drawn);
      add(margin, asked);
      System.err.printf(
          Locale.ROOT, "seed %d: %s %s%n", seed, Arrays.toString(drawn), Arrays.toString(asked));
      gained.add(IntStream.range(0, drawn.length).mapToDouble(i -> asked[i] - drawn[i]).toArray());
    }
    ArrayNode rounds = line.putArray("rounds");
    for (int round = 0; round < chosen.rounds(); round++) {
      int at = round;
      double[] differences = gained.stream().mapToDouble(all -> all[at]).toArray();
      double mean = Arrays.stream(differences).average().orElseThrow();
      double square =
          Arrays.stream(differences).map(x -> (x - mean) * (x - mean)).sum()
              / Math.max(1, differences.length - 1);
      rounds
          .addObject()
          .put("labels", chosen.pairs() * (round + 1))
          .put("gain", mean)
          .put("half_width", 2 * Math.sqrt(square / differences.length));
    }
  }

  private static void add(ArrayNode list, double[] numbers) {
    ArrayNode one = list.addArray();
    Arrays.stream(numbers).forEach(one::add);
  }

  /** One person's labelling with one seed. */
  private static final class Labelling {
    private final Options chosen;
    private final int seed;
    private final boolean byMargin;
    private final Random noise;
    private final List<Integer> left;
    private final List<TokenizedRow> labelled = new ArrayList<>();

    Labelling(Options chosen, int seed, boolean byMargin) {
      this.chosen = chosen;
      this.seed = seed;
      this.byMargin = byMargin;
      noise = new Random(seed);
      int rows = read(chosen.data()).size();
      if (rows < chosen.pairs() * chosen.rounds()) {
        throw new UserException(
            chosen.data() + ": has too few comparisons for --pairs and --rounds");
      }
      left = new ArrayList<>(IntStream.range(0, rows).boxed().toList());
      Collections.shuffle(left, new Random(seed));
    }

    private static List<Comparison> read(Path file) {
      return Rows.read(List.of(file), RowKind.COMPARISONS, OnBadRow.FAIL).rows();
    }

    /** The held-out accuracy after each round. */
    double[] run() {
      double[] accuracies = new double[chosen.rounds()];
      for (int round = 0; round < chosen.rounds(); round++) {
        try (ScalarModel model = ScalarModel.loadOrStart(chosen.model(), seed)) {
          RowTokenizer tokenizer =
              new RowTokenizer(model.tokenizer(), model.config().dimensions().positions());
          List<TokenizedRow> pool = tokenize(tokenizer, read(chosen.data()));
          label(pool);
          train(model);
          accuracies[round] = accuracy(model, tokenize(tokenizer, read(chosen.heldOut())));
          if (byMargin) {
            sortByMargin(model, pool);
          }
        }
      }
      return accuracies;
    }

    private static List<TokenizedRow> tokenize(RowTokenizer tokenizer, List<Comparison> rows) {
      List<TokenizedRow> kept = tokenizer.tokenize(new Rows<>(rows, List.of())).rows();
      if (kept.size() < rows.size()) {
        throw new UserException(
            (rows.size() - kept.size())
                + " comparisons are too long for the model; leave them out");
      }
      return kept;
    }

    /** Labels the first pairs that are left. */
    private void label(List<TokenizedRow> pool) {
      for (int i = 0; i < chosen.pairs(); i++) {
        TokenizedRow row = pool.get(left.remove(0));
        labelled.add(noise.nextDouble() < chosen.noise() ? turned(row) : row);
      }
    }

    private static TokenizedRow turned(TokenizedRow row) {
      List<int[]> turned = new ArrayList<>(row.tree().completions());
      Collections.reverse(turned);
      return new TokenizedRow(new TokenTree(row.tree().prompt(), turned), row.row(), 0, 0);
    }

    private void train(ScalarModel model) {
      BatchOrder order = new BatchOrder(labelled.size(), 16, seed, true);
      int steps = Math.toIntExact(chosen.epochs() * order.stepsPerEpoch());
      OptimizerSettings optimizer =
          new OptimizerSettings(chosen.learningRate(), Schedule.LINEAR, 0, 0, 0.9, 0.999, 1e-8, 1);
      try (RewardTrainer trainer = new RewardTrainer(model, optimizer, 0, steps, budget(model))) {
        for (int step = 1; step <= steps; step++) {
          List<TokenizedRow> batch =
              Arrays.stream(order.rows(step)).mapToObj(labelled::get).toList();
          trainer.step(step, batch);
        }
      }
    }

    private static int budget(ScalarModel model) {
      return MemoryPlan.microBatchTokens(model.config().dimensions());
    }

    private static double[] margins(ScalarModel model, List<TokenizedRow> rows) {
      List<TokenTree> trees = rows.stream().map(TokenizedRow::tree).toList();
      return Scorer.score(model, trees, budget(model)).stream()
          .mapToDouble(scores -> scores[0] - scores[1])
          .toArray();
    }

    private static double accuracy(ScalarModel model, List<TokenizedRow> rows) {
      return Arrays.stream(margins(model, rows))
          .map(margin -> (1 + Math.signum(margin)) / 2)
          .average()
          .orElseThrow();
    }

    private void sortByMargin(ScalarModel model, List<TokenizedRow> pool) {
      double[] margins = margins(model, left.stream().map(pool::get).toList());
      List<Integer> places = new ArrayList<>(IntStream.range(0, left.size()).boxed().toList());
      places.sort(Comparator.comparingDouble(place -> Math.abs(margins[place])));
      List<Integer> sorted = places.stream().map(left::get).toList();
      left.clear();
      left.addAll(sorted);
    }
  }
}
