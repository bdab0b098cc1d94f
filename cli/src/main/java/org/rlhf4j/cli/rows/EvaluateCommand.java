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
import org.rlhf4j.dpo.ImplicitRewards;
import org.rlhf4j.dpo.ReferenceLogprobs;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Trainable;
import org.rlhf4j.model.tokenizer.Tokenizer;
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

/** Judges a reward model, or the reward that a policy implies, on held-out comparisons. */
@Command(
    name = "evaluate",
    description = "Judge a reward model, or a policy of dpo, on comparisons that are new to it.")
public final class EvaluateCommand extends SettingsCommand<EvaluateCommand.EvaluateSettings> {

  private static final ObjectMapper JSON = FiniteJson.mapper();

  private static final double DEFAULT_BETA = 0.1;

  /**
   * What {@code rlhf evaluate} takes.
   *
   * @param rewardModel the reward model, or null for a policy
   * @param model the policy whose implicit reward is judged, or null for a reward model
   * @param referenceModel the policy's reference, or null for none
   * @param beta β of the implicit reward, or null
   * @param perToken whether the implicit reward is divided by a completion's tokens
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
              defaultText = "--model is judged",
              model = true)
          Path rewardModel,
      @Setting(
              help =
                  "Policy, in place of a reward model: a model folder, a run or a hub id. Judged is"
                      + " the reward that it implies, beta times its log-probability of a completion"
                      + " over that of the reference.",
              model = true)
          Path model,
      @Setting(
              help = "Reference of the policy: a model folder, a run or a hub id.",
              defaultText = "none: all completions are equally likely",
              model = true)
          Path referenceModel,
      @Setting(help = "Beta of the policy's implicit reward.", defaultText = "0.1") Double beta,
      @Setting(
              help =
                  "Divide the policy's implicit reward by the completion's tokens (simpo, orpo).",
              defaultValue = "false")
          boolean perToken,
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
      Limits.require(
          rewardModel != null || model != null,
          "reward-model",
          "is missing; give it, or --model for a policy");
      Limits.require(
          rewardModel == null || model == null,
          "model",
          "is judged in place of a reward model; leave out --reward-model");
      Limits.require(
          model != null || (referenceModel == null && beta == null && !perToken),
          "reference-model",
          "and --beta and --per-token are of a policy; give --model or leave them out");
      if (beta != null) {
        Limits.positive("beta", beta);
      }
      if (microBatchTokens != null) {
        Limits.positive("micro-batch-tokens", microBatchTokens);
      }
    }

    /** What a model is called: its name alone where that tells it from the other one. */
    private String name(Path folder) {
      boolean alike = against != null && HubRepo.nameOf(judged()).equals(HubRepo.nameOf(against));
      return alike ? folder.toString() : HubRepo.nameOf(folder);
    }

    /** What is judged first. */
    private Path judged() {
      return model == null ? rewardModel : model;
    }

    private int tokenBudget(Trainable network) {
      return microBatchTokens == null
          ? MemoryPlan.microBatchTokens(network.config().dimensions())
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
    Judged judged =
        chosen.model() == null
            ? judge(chosen.rewardModel(), rows, chosen)
            : judgePolicy(rows, chosen);
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
    try (ScalarModel model = Manifest.loadVerified(folder, chosen.machine().format())) {
      Tokenized<TokenizedRow> heldOut = tokenize(model, model.tokenizer(), rows, chosen);
      List<TokenTree> trees = heldOut.rows().stream().map(TokenizedRow::tree).toList();
      return judged(folder, heldOut, Scorer.score(model, trees, chosen.tokenBudget(model)), chosen);
    }
  }

  private Judged judgePolicy(Rows<Comparison> rows, EvaluateSettings chosen) {
    try (LanguageModel policy = LanguageModel.load(chosen.model(), chosen.machine().format())) {
      Tokenized<TokenizedRow> heldOut = tokenize(policy, policy.tokenizer(), rows, chosen);
      int tokens = chosen.tokenBudget(policy);
      List<float[]> reference = ReferenceLogprobs.none(heldOut.rows());
      if (chosen.referenceModel() != null) {
        try (LanguageModel model = ReferenceLogprobs.load(chosen.referenceModel(), policy)) {
          reference = ReferenceLogprobs.of(model, heldOut.rows(), tokens);
        }
      }
      double beta = chosen.beta() == null ? DEFAULT_BETA : chosen.beta();
      List<float[]> rewards =
          ImplicitRewards.of(policy, heldOut.rows(), reference, beta, chosen.perToken(), tokens);
      return judged(chosen.model(), heldOut, rewards, chosen);
    }
  }

  private Tokenized<TokenizedRow> tokenize(
      Trainable model, Tokenizer tokenizer, Rows<Comparison> rows, EvaluateSettings chosen) {
    int maxLength = chosen.data().maxLengthOf(model.config().dimensions());
    Tokenized<TokenizedRow> heldOut =
        new RowTokenizer(tokenizer, maxLength)
            .within(model.config().dimensions().vocabulary())
            .tokenize(rows);
    heldOut.report().lines("rows").forEach(err()::println);
    heldOut.report().limit(chosen.data().maxDropped());
    if (heldOut.rows().isEmpty()) {
      throw new UserException(
          "no row fits in " + maxLength + " tokens; raise --max-length or check the data");
    }
    return heldOut;
  }

  private static Judged judged(
      Path folder, Tokenized<TokenizedRow> heldOut, List<float[]> scores, EvaluateSettings chosen) {
    for (int i = 0; i < scores.size(); i++) {
      FiniteNumbers.require(heldOut.rows().get(i).row().location(), scores.get(i), "score");
    }
    return new Judged(chosen.name(folder), heldOut, scores);
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
