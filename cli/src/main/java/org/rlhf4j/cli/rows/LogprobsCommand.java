package org.rlhf4j.cli.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.cli.command.FiniteNumbers;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.training.MemoryPlan;
import picocli.CommandLine.Command;

/** Says how probable a language model finds each token of texts. */
@Command(
    name = "logprobs",
    description = "Write the log-probability of each token of texts or completions.")
public final class LogprobsCommand extends SettingsCommand<LogprobsCommand.LogprobsSettings> {

  /**
   * What {@code rlhf logprobs} takes.
   *
   * @param model the language model
   * @param rows where rows come from and lines go
   * @param machine device and threads
   */
  record LogprobsSettings(
      @Setting(
              help = "Language model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path model,
      RowLineSettings rows,
      MachineSettings machine) {}

  /**
   * A row's line.
   *
   * @param ids of the whole row
   * @param logprobs of the ids from the second on, each after all before it
   */
  record Line(int[] ids, float[] logprobs) {}

  public LogprobsCommand() {
    super(LogprobsSettings.class);
  }

  @Override
  protected void run(LogprobsSettings chosen) throws IOException {
    chosen.rows().requireWritable();
    try (LanguageModel model = LanguageModel.load(chosen.model(), chosen.machine().format())) {
      RowLines.write(chosen.rows(), RowKind.DEMONSTRATIONS, new Work(model), out(), err());
    }
  }

  private static final class Work implements RowWork<Demonstration, int[]> {
    private final LanguageModel model;
    private final RowTokenizer tokenizer;
    private final int budget;

    Work(LanguageModel model) {
      this.model = model;
      this.tokenizer = new RowTokenizer(model.tokenizer(), model.config().dimensions().positions());
      this.budget = MemoryPlan.microBatchTokens(model.config().dimensions());
    }

    /** The row's ids as the tokenizer gives them: no EOS is added and nothing is cut. */
    @Override
    public int[] prepare(Demonstration row, long index) {
      return tokenizer.wholeIds(row);
    }

    @Override
    public List<int[]> ids(int[] ids) {
      return List.of(ids);
    }

    @Override
    public Dimensions dimensions() {
      return model.config().dimensions();
    }

    @Override
    public int size(int[] ids) {
      return Math.max(1, ids.length);
    }

    @Override
    public int budget() {
      return budget;
    }

    @Override
    public List<List<Object>> lines(List<int[]> rows) {
      List<int[]> texts = rows.stream().filter(ids -> ids.length > 1).toList();
      float[] logprobs = texts.isEmpty() ? new float[0] : logprobs(texts);
      List<List<Object>> lines = new ArrayList<>();
      int start = 0;
      for (int[] ids : rows) {
        int end = start + Math.max(0, ids.length - 1);
        lines.add(List.of(new Line(ids, Arrays.copyOfRange(logprobs, start, end))));
        start = end;
      }
      return lines;
    }

    private float[] logprobs(List<int[]> texts) {
      List<TokenTree> trees = texts.stream().map(ids -> TokenTree.of(new int[0], ids)).toList();
      float[] logprobs = model.logprobs(PackedTokens.of(trees), 1).logprobs();
      FiniteNumbers.require(logprobs, "log-probability");
      return logprobs;
    }
  }
}
