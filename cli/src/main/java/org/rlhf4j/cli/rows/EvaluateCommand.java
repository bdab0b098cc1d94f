package org.rlhf4j.cli.rows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rlhf4j.cli.command.FiniteNumbers;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.report.RewardReport;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.PairedTest;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.run.FiniteJson;
import picocli.CommandLine.Command;

/** Judges a reward model on held-out comparisons. */
@Command(
    name = "evaluate",
    description = "Judge a reward model on comparisons that it wasn't trained on.")
public final class EvaluateCommand extends SettingsCommand<EvaluateCommand.EvaluateSettings> {

  private static final ObjectMapper JSON = FiniteJson.mapper();

  /**
   * What {@code rlhf evaluate} takes.
   *
   * @param rewardModel the reward model
   * @param data the comparisons, and how long they may be
   * @param marginColumn the field with a row's margin, or null for {@code margin}
   * @param by fields by whose values to break the accuracy down
   * @param against another reward model to compare it with, or null
   * @param microBatchTokens tokens that go through the network at once, or null for the memory
   *     plan's
   * @param json as one JSON object
   * @param html the file for the report, or null for none
   * @param machine device and threads
   */
  record EvaluateSettings(
      @Setting(
              help = "Reward model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path rewardModel,
      DataSettings data,
      @Setting(
              help =
                  "Field with the margin: how much larger the chosen score should be than the"
                      + " rejected one.",
              defaultText = "margin, if a row has it",
              group = "Data")
          String marginColumn,
      @Setting(
              help =
                  "Field to break the accuracy down by, such as the source of a row. Every row must"
                      + " have it.",
              group = "Data")
          List<String> by,
      @Setting(
              help = "Another reward model to compare with on the same pairs (McNemar's test).",
              model = true)
          Path against,
      @Setting(
              help = "Tokens that go through the network at once.",
              defaultText = "from the memory plan")
          Integer microBatchTokens,
      @Setting(help = "Print one JSON object.", defaultValue = "false") boolean json,
      @Setting(
              help = "File for the report as a page, with plots and the pairs that are most wrong.")
          Path html,
      MachineSettings machine) {

    EvaluateSettings {
      if (microBatchTokens != null) {
        Limits.positive("micro-batch-tokens", microBatchTokens);
      }
    }

    /** What a model is called: its name alone where that tells it from the other one. */
    private String name(Path model) {
      boolean alike =
          against != null && HubRepo.nameOf(rewardModel).equals(HubRepo.nameOf(against));
      return alike ? model.toString() : HubRepo.nameOf(model);
    }

    private int tokenBudget(ScalarModel model) {
      return microBatchTokens == null
          ? MemoryPlan.microBatchTokens(model.config().dimensions())
          : microBatchTokens;
    }
  }

  public EvaluateCommand() {
    super(EvaluateSettings.class);
  }

  /** A reward model's scores of the rows that fit it. */
  private record Judged(String name, Tokenized<TokenizedRow> heldOut, List<float[]> scores) {

    RewardEvaluation evaluation(List<String> columns) {
      return RewardEvaluation.of(heldOut.rows(), scores, heldOut.report(), columns);
    }

    /** Against another, on the rows that both kept. */
    PairedTest against(Judged other) {
      Map<Location, float[]> others = new HashMap<>();
      for (int i = 0; i < other.scores.size(); i++) {
        others.put(other.heldOut.rows().get(i).location(), other.scores.get(i));
      }
      int[] shared =
          IntStream.range(0, scores.size())
              .filter(i -> others.containsKey(heldOut.rows().get(i).location()))
              .toArray();
      if (shared.length == 0) {
        throw new UserException("no row fits both reward models; raise --max-length");
      }
      List<TokenizedRow> rows = Arrays.stream(shared).mapToObj(heldOut.rows()::get).toList();
      return RewardEvaluation.compare(
          rows,
          Arrays.stream(shared).mapToObj(scores::get).toList(),
          rows.stream().map(row -> others.get(row.location())).toList());
    }
  }

  @Override
  protected void run(EvaluateSettings chosen) throws IOException {
    if (chosen.html() != null) {
      RowLineSettings.requireWritable("html", chosen.html());
    }
    Rows<Comparison> rows =
        chosen.data().rows().read(RowKind.comparisons(chosen.marginColumn(), chosen.by()));
    List<RewardReport.Judged> shown = new ArrayList<>();
    Judged judged = judge(chosen.rewardModel(), rows, chosen);
    shown.add(new RewardReport.Judged(judged.name(), judged.evaluation(chosen.by())));
    Optional<PairedTest> comparison = Optional.empty();
    if (chosen.against() != null) {
      Judged other = judge(chosen.against(), rows, chosen);
      shown.add(new RewardReport.Judged(other.name(), other.evaluation(chosen.by())));
      comparison = Optional.of(judged.against(other));
    }
    if (chosen.html() != null) {
      RewardReport.write(shown, comparison, chosen.html());
      err().println("report: " + chosen.html());
    }
    if (chosen.json()) {
      out().println(json(shown, comparison));
    } else {
      out().print(text(shown, comparison));
      out().flush();
    }
  }

  private Judged judge(Path folder, Rows<Comparison> rows, EvaluateSettings chosen) {
    try (ScalarModel model = Manifest.loadVerified(folder, chosen.machine().precision())) {
      int maxLength = chosen.data().maxLengthOf(model.config().dimensions());
      Tokenized<TokenizedRow> heldOut =
          new RowTokenizer(model.tokenizer(), maxLength)
              .within(model.config().dimensions().vocabulary())
              .tokenize(rows);
      heldOut.report().lines("rows").forEach(err()::println);
      heldOut.report().limit(chosen.data().maxDropped());
      if (heldOut.rows().isEmpty()) {
        throw new UserException(
            "no row fits in " + maxLength + " tokens; raise --max-length or check the data");
      }
      List<TokenTree> trees = heldOut.rows().stream().map(TokenizedRow::tree).toList();
      List<float[]> scores = Scorer.score(model, trees, chosen.tokenBudget(model));
      for (int i = 0; i < scores.size(); i++) {
        FiniteNumbers.require(heldOut.rows().get(i).row().location(), scores.get(i), "score");
      }
      return new Judged(chosen.name(folder), heldOut, scores);
    }
  }

  /** The evaluation, and of two models the comparison in its field {@code against}. */
  private static String json(List<RewardReport.Judged> models, Optional<PairedTest> comparison)
      throws IOException {
    ObjectNode evaluation = JSON.valueToTree(models.get(0).evaluation());
    if (comparison.isPresent()) {
      ObjectNode against = evaluation.putObject("against");
      against.put("reward_model", models.get(1).name());
      against.setAll((ObjectNode) JSON.valueToTree(comparison.get()));
    }
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(evaluation);
  }

  private static String text(List<RewardReport.Judged> models, Optional<PairedTest> comparison) {
    String figures = models.get(0).evaluation().text();
    return comparison
        .map(
            test -> figures + System.lineSeparator() + test.text("against " + models.get(1).name()))
        .orElse(figures);
  }
}
