package org.rlhf4j.cli.rows;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rlhf4j.cli.command.FiniteNumbers;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.training.MemoryPlan;
import picocli.CommandLine.Command;

/** Scores completions with a reward model. */
@Command(name = "score", description = "Write a reward model's raw scores of completions.")
public final class ScoreCommand extends SettingsCommand<ScoreCommand.ScoreSettings> {

  /**
   * What {@code rlhf score} takes.
   *
   * @param rewardModel the reward model
   * @param normalizeReward whether scores are shifted and scaled as the model's manifest says
   * @param rows where rows come from and lines go
   * @param maxLength the most tokens of prompt, completion and EOS, or null for the model's
   *     positions
   * @param machine device and threads
   */
  record ScoreSettings(
      @Setting(
              help = "Reward model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path rewardModel,
      @Setting(
              help =
                  "Write (score - score_mean) / score_deviation, with the numbers of the reward"
                      + " model's rlhf.json, instead of the raw score.",
              defaultValue = "false")
          boolean normalizeReward,
      RowLineSettings rows,
      @Setting(
              help =
                  "Most tokens of prompt, completion and EOS together. A prompt that is too long"
                      + " loses its beginning.",
              defaultText = "the model's positions",
              group = "Rows")
          Integer maxLength,
      MachineSettings machine) {

    private int maxLengthOf(Dimensions model) {
      return maxLength == null ? model.positions() : DataSettings.longestRow(maxLength, model);
    }
  }

  /** A completion's line. */
  record Line(float score) {}

  /** A pair's line. */
  record PairLine(float chosenScore, float rejectedScore) {}

  /** The line of a ranking of more than two, best first. */
  record RankingLine(float[] scores) {}

  public ScoreCommand() {
    super(ScoreSettings.class);
  }

  @Override
  protected void run(ScoreSettings chosen) throws IOException {
    chosen.rows().requireWritable();
    try (ScalarModel model =
        Manifest.loadVerified(chosen.rewardModel(), chosen.machine().format())) {
      Work work =
          new Work(
              model,
              chosen.maxLengthOf(model.config().dimensions()),
              chosen.normalizeReward()
                  ? Normalization.of(chosen.rewardModel())
                  : Normalization.NONE);
      RowLines.write(chosen.rows(), RowKind.ANY, work, out(), err());
      work.noteCuts(err());
      work.noteThroughput(err());
    }
  }

  private static final class Work implements RowWork<Row, TokenizedRow> {
    private final ScalarModel model;
    private final RowTokenizer tokenizer;
    private final int maxLength;
    private final int budget;
    private final Normalization normalization;
    private int cut;
    private long completions;
    private long tokens;
    private double seconds;

    Work(ScalarModel model, int maxLength, Normalization normalization) {
      this.model = model;
      this.normalization = normalization;
      this.tokenizer = new RowTokenizer(model.tokenizer(), maxLength);
      this.maxLength = maxLength;
      this.budget = MemoryPlan.microBatchTokens(model.config().dimensions());
    }

    @Override
    public TokenizedRow prepare(Row row, long index) {
      if (row instanceof PromptRow) {
        throw new BadRowException(
            row.location(),
            "the row is only a prompt, so there is nothing to score; add a completion, or chosen"
                + " and rejected");
      }
      DataReport.Builder report = new DataReport.Builder(maxLength, List.of());
      return tokenizer.tokenize(row, report).orElseThrow(() -> dropped(row, report.build()));
    }

    private BadRowException dropped(Row row, DataReport report) {
      return new BadRowException(
          row.location(),
          String.format(
              Locale.ROOT,
              "%s (at most %,d tokens fit); shorten the row or remove it",
              String.join(", ", report.droppedWhy().keySet()),
              maxLength));
    }

    @Override
    public List<int[]> ids(TokenizedRow row) {
      List<int[]> ids = new ArrayList<>(row.tree().completions());
      ids.add(0, row.tree().prompt());
      return ids;
    }

    @Override
    public Dimensions dimensions() {
      return model.config().dimensions();
    }

    @Override
    public int size(TokenizedRow row) {
      return row.tree().length();
    }

    @Override
    public int budget() {
      return budget;
    }

    @Override
    public List<List<Object>> lines(List<TokenizedRow> rows) {
      cut += (int) rows.stream().filter(row -> row.cut() > 0).count();
      long start = System.nanoTime();
      List<TokenTree> trees = rows.stream().map(TokenizedRow::tree).toList();
      List<float[]> scores = Scorer.score(model, trees, budget);
      seconds += (System.nanoTime() - start) / 1e9;
      tokens += trees.stream().mapToLong(TokenTree::length).sum();
      completions += scores.stream().mapToLong(row -> row.length).sum();
      for (int i = 0; i < rows.size(); i++) {
        FiniteNumbers.require(rows.get(i).row().location(), scores.get(i), "score");
      }
      scores.forEach(this::normalize);
      return IntStream.range(0, rows.size())
          .mapToObj(i -> List.of(line(rows.get(i).row(), scores.get(i))))
          .toList();
    }

    private void normalize(float[] scores) {
      for (int i = 0; i < scores.length; i++) {
        scores[i] = (float) normalization.of(scores[i]);
      }
    }

    private static Object line(Row row, float[] scores) {
      if (!(row instanceof Comparison)) {
        return new Line(scores[0]);
      }
      return scores.length == 2 ? new PairLine(scores[0], scores[1]) : new RankingLine(scores);
    }

    /** What the network took; reading and writing rows isn't counted. */
    void noteThroughput(PrintWriter err) {
      if (completions == 0) {
        return;
      }
      err.printf(
          Locale.ROOT,
          "%,d completions scored in %.1f s: %,.0f completions/s, %,.0f tokens/s%n",
          completions,
          seconds,
          completions / seconds,
          tokens / seconds);
    }

    void noteCuts(PrintWriter err) {
      if (cut > 0) {
        err.printf(
            Locale.ROOT, "%,d prompts lost their beginning to fit %,d tokens%n", cut, maxLength);
      }
    }
  }
}
