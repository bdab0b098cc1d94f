package org.rlhf4j.dpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.split.SplitRows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.reward.FailedComparisons;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.training.PromptSamples;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.health.TrainingHealth;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.SparkPlan;
import org.rlhf4j.training.slice.TrainedWeights;

/** DPO from files to a policy: reads comparisons, trains, evaluates, writes. */
public final class DpoStage implements Stage, AutoCloseable {
  /** This stage in the table of stages. */
  public static final StageType<DpoConfig> TYPE =
      new StageType<>(
          "dpo",
          "Train a policy on comparisons by DPO, without a reward model.",
          "Direct preferences",
          DpoConfig.class,
          StageType.Measure.ACCURACY,
          Map.of(
              "model", Set.of(StageType.ModelKind.LANGUAGE_MODEL),
              "reference-model", Set.of(StageType.ModelKind.LANGUAGE_MODEL)),
          StageType.ModelKind.LANGUAGE_MODEL,
          TrainingHealth.CHECKS,
          DpoStage::start);

  private final DpoConfig config;
  private final RunDirectory run;
  private final LanguageModel model;
  private final RunReference reference;
  private final List<TrainingRow> training;
  private final Tokenized<TokenizedRow> heldOut;
  private final BatchOrder order;
  private final int steps;
  private final Optional<SlicedGradients<SentPasses>> sliced;
  private final DpoPasses passes;
  private final DpoTrainer trainer;
  private List<TrainingRow> batch = List.of();

  private DpoStage(
      DpoConfig config,
      RunDirectory run,
      LanguageModel model,
      SplitRows rows,
      RunReference reference) {
    this.config = config;
    this.run = run;
    this.model = model;
    this.reference = reference;
    model.checkpointGradients(config.loop().gradientCheckpointing());
    this.training = rows.training();
    this.heldOut = rows.heldOut();
    this.order =
        new BatchOrder(
            training.size(),
            config.batch().batchSize(),
            config.machine().seed(),
            config.loop().shuffle());
    this.steps = config.loop().stepsOver(order.stepsPerEpoch());
    int tokens = config.loop().microBatchTokens();
    this.sliced =
        SlicedGradients.ifAsked(
            config.spark(),
            new DpoWorkers(),
            config,
            TrainedWeights.of(model.parameters()),
            () -> Probe.of(model));
    this.passes =
        sliced
            .<DpoPasses>map(all -> new SlicedPasses(all, model.tokenizer(), config.spark()))
            .orElseGet(() -> new PolicyPasses(model, config.dpo(), tokens));
    this.trainer = new DpoTrainer(model, config.dpo(), config.optimizer(), steps, tokens, passes);
  }

  private static void start(DpoConfig given, StageRun run) throws IOException {
    try (LanguageModel model = load(given)) {
      DpoConfig config = given.resolved(run.directory(), model.config().dimensions());
      run.writeConfig(TYPE, config);
      SplitRows rows = read(config, model, run.display());
      try (RunReference reference = RunReference.open(config, model, rows, run.directory());
          DpoStage stage = new DpoStage(config, run.directory(), model, rows, reference)) {
        run.ready(config.loop(), config.evaluation(), stage);
        if (run.directory().finishedStep().isPresent()) {
          stage.evaluation().ifPresent(held -> run.display().stream().println(held.sentence()));
        }
      }
    }
  }

  /** The policy to start from. */
  static LanguageModel load(DpoConfig config) {
    return LanguageModel.load(
        config.model(),
        config.lora().adapter(),
        config.machine().seed(),
        config.machine().format());
  }

  /** Reads the rows, says what became of them, and stops where too few are left. */
  private static SplitRows read(DpoConfig config, LanguageModel model, Display display) {
    RowTokenizer tokenizer =
        new RowTokenizer(model.tokenizer(), config.data().maxLength())
            .within(model.config().dimensions().vocabulary());
    SplitRows rows =
        SplitRows.read(
            config.files(), RowKind.COMPARISONS, config.data().rows().onBadRow(), tokenizer);
    rows.lines().forEach(display.stream()::println);
    long margins = rows.training().stream().filter(row -> row.margin() != 0).count();
    if (margins > 0) {
      display.stream()
          .println("training rows: " + margins + " have a margin, which dpo doesn't use");
    }
    rows.report().require(config.data().maxDropped());
    config.evaluation().require(rows.heldOut().rows().size());
    return rows;
  }

  @Override
  public String name() {
    return TYPE.name();
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public Optional<RunPlan> plan() {
    boolean withPrompts = config.dpo().trainsOnPrompt();
    RunPlan updates =
        RunPlan.overRows(
            steps,
            config.batch().batchSize(),
            training.stream().map(row -> ComparedTokens.tree(row, withPrompts)).toList(),
            model,
            config.loop().microBatchTokens(),
            tokens -> model.logprobs(tokens, 1));
    List<RunPlan.Part> memory = new ArrayList<>(updates.memory());
    reference.memory().ifPresent(memory::add);
    RunPlan plan =
        new RunPlan(updates.work() + referenceWork(), memory, updates.seconds() * withReference());
    return Optional.of(
        SparkPlan.overRows(config.spark(), steps, config.batch().batchSize(), model).of(plan));
  }

  private String referenceWork() {
    int rows = reference.rowsToCompute();
    return rows == 0
        ? ""
        : String.format(Locale.ROOT, ", the reference's log-probabilities of %,d rows", rows);
  }

  /** How much longer it all takes where the reference has to see the rows once. */
  private double withReference() {
    double passes = RunPlan.passes(model) * steps / order.stepsPerEpoch();
    return 1 + (double) reference.rowsToCompute() / training.size() / passes;
  }

  @Override
  public List<String> shownMetrics() {
    return List.of("loss", "accuracy");
  }

  @Override
  public Metrics step(int step, StopFlag stop) throws IOException {
    reference.compute(passes, stop);
    int[] rows = order.rows(step);
    batch = Arrays.stream(rows).mapToObj(training::get).toList();
    model.drawDropout(config.machine().seed(), step);
    return trainer.step(
        step, batch, Arrays.stream(rows).mapToObj(reference::ofTraining).toList(), stop);
  }

  @Override
  public Metrics evaluate(int step) throws IOException {
    Metrics metrics = new Metrics();
    Optional<RewardEvaluation> evaluation = evaluation();
    if (evaluation.isPresent()) {
      AtomicFiles.writeString(run.evaluation(), evaluation.get().json() + "\n");
      metrics.put("eval_loss", evaluation.get().loss());
      metrics.put("eval_accuracy", evaluation.get().accuracy());
      metrics.put("eval_margin_mean", evaluation.get().marginMean());
    }
    return metrics;
  }

  private Optional<RewardEvaluation> evaluation() {
    if (heldOut.rows().isEmpty()) {
      return Optional.empty();
    }
    ImplicitRewards rewards =
        ImplicitRewards.of(
            model,
            config.dpo(),
            heldOut.rows(),
            reference.ofHeldOut(),
            config.loop().microBatchTokens());
    return Optional.of(rewards.evaluation(heldOut));
  }

  @Override
  public List<Sample> samples() {
    int longest = config.data().maxLength();
    List<int[]> prompts =
        (heldOut.rows().isEmpty() ? training : heldOut.rows())
            .stream()
                .map(row -> row.tree().prompt())
                .filter(prompt -> PromptSamples.canSample(prompt, longest))
                .toList();
    return PromptSamples.of(
        model, SpreadRows.of(prompts, PromptSamples.PROMPTS), longest, config.machine().seed());
  }

  @Override
  public void requireFinite() {
    trainer.requireFinite();
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    trainer.save(folder);
  }

  @Override
  public void loadCheckpoint(Path folder) throws IOException {
    reference.compute(passes, new StopFlag()); // while the policy is what the run began with
    trainer.load(folder);
  }

  @Override
  public void saveModel(RunDirectory directory) throws IOException {
    AtomicFiles.writeFolder(
        directory.model(), folder -> model.save(folder, config.run().save().format()));
  }

  @Override
  public void saveFailedBatch(Path file) throws IOException {
    FailedComparisons.write(file, batch, model.tokenizer());
  }

  /** Frees what training takes; the model stays open. */
  @Override
  public void close() {
    sliced.ifPresent(SlicedGradients::close);
    trainer.close();
  }
}
