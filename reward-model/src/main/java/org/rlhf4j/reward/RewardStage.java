package org.rlhf4j.reward;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.split.SplitRows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.SaveFormat;
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
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.SparkPlan;
import org.rlhf4j.training.slice.TrainedWeights;

/** Stage 2 from files to a reward model: reads comparisons, trains, evaluates, writes. */
public final class RewardStage implements Stage, AutoCloseable {
  /** This stage in the table of stages. */
  public static final StageType<RewardConfig> TYPE =
      new StageType<>(
          "reward",
          "Train a reward model on comparisons.",
          "Reward models",
          RewardConfig.class,
          StageType.Measure.ACCURACY,
          Map.of(),
          StageType.ModelKind.REWARD_MODEL,
          TrainingHealth.CHECKS,
          RewardStage::start);

  /** Training rows whose best completions give the manifest's mean where none are held out. */
  private static final int STATISTICS_ROWS = 512;

  /** Training rows on which the dependence on length is fitted, spread over all. */
  private static final int DEBIAS_ROWS = 4096;

  private final RewardConfig config;
  private final RunDirectory run;
  private final ScalarModel model;
  private final List<TrainingRow> training;
  private final Tokenized<TokenizedRow> heldOut;
  private final List<TokenizedRow> normalizedOn;
  private final BatchOrder order;
  private final int steps;
  private final Optional<SlicedGradients<ScorePasses>> sliced;
  private final PairTrainer trainer;
  private List<TrainingRow> batch = List.of();
  private List<float[]> heldOutScores; // by the weights as they stand, once they are asked for
  private LengthDebias lengthDebias; // once the model is written

  private RewardStage(
      RewardConfig config,
      RunDirectory run,
      ScalarModel model,
      SplitRows rows,
      List<TokenizedRow> normalizedOn) {
    this.config = config;
    this.run = run;
    this.model = model;
    model.checkpointGradients(config.loop().gradientCheckpointing());
    this.training = rows.training();
    this.heldOut = rows.heldOut();
    this.normalizedOn = normalizedOn;
    this.order =
        new BatchOrder(
            training.size(),
            config.batch().batchSize(),
            config.machine().seed(),
            config.loop().shuffle());
    this.steps = config.loop().stepsOver(order.stepsPerEpoch());
    this.sliced =
        SlicedGradients.ifAsked(
            config.spark(),
            new RewardWorkers(),
            config,
            TrainedWeights.of(model.parameters()),
            () -> Probe.of(model));
    this.trainer = trainer();
  }

  private PairTrainer trainer() {
    double centering = config.centerCoefficient();
    int tokens = config.loop().microBatchTokens();
    if (sliced.isPresent()) {
      return new RewardTrainer(
          model, config.optimizer(), steps, new SlicedPasses(sliced.get(), model.tokenizer()));
    }
    return config.freezeBackbone()
        ? new HeadTrainer(model, config.optimizer(), centering, steps, tokens)
        : new RewardTrainer(model, config.optimizer(), centering, steps, tokens);
  }

  private static void start(RewardConfig given, StageRun run) throws IOException {
    try (ScalarModel model = load(given)) {
      RewardConfig config = given.resolved(run.directory(), model.config().dimensions());
      run.writeConfig(TYPE, config);
      SplitRows rows = read(config, model, run.display());
      List<TokenizedRow> normalizedOn = readNormalizedOn(config, model, run.display());
      try (RewardStage stage =
          new RewardStage(config, run.directory(), model, rows, normalizedOn)) {
        run.ready(config.loop(), config.evaluation(), stage);
        if (run.directory().finishedStep().isPresent()) {
          stage.evaluation().ifPresent(held -> run.display().stream().println(held.sentence()));
          if (stage.lengthDebias != null) {
            run.display().stream().println(stage.lengthDebias.sentence());
          }
        }
      }
    }
  }

  /** The model to start from. */
  static ScalarModel load(RewardConfig config) {
    return ScalarModel.loadOrStart(
        config.model(),
        config.lora().adapter(),
        config.machine().seed(),
        config.machine().format());
  }

  /** Reads the rows, says what became of them, and stops where too few are left. */
  private static SplitRows read(RewardConfig config, ScalarModel model, Display display) {
    RowTokenizer tokenizer = tokenizer(config, model);
    SplitRows rows =
        SplitRows.read(
            config.files(), config.rowKind(), config.data().rows().onBadRow(), tokenizer);
    rows.lines().forEach(display.stream()::println);
    rows.report().require(config.data().maxDropped());
    config.evaluation().require(rows.heldOut().rows().size());
    return rows;
  }

  private static RowTokenizer tokenizer(RewardConfig config, ScalarModel model) {
    return new RowTokenizer(model.tokenizer(), config.data().maxLength())
        .within(model.config().dimensions().vocabulary());
  }

  private static List<TokenizedRow> readNormalizedOn(
      RewardConfig config, ScalarModel model, Display display) {
    if (config.normalizeOn().isEmpty()) {
      return List.of();
    }
    Tokenized<TokenizedRow> rows =
        tokenizer(config, model)
            .tokenize(
                Rows.read(
                    config.normalizeOnFiles(),
                    RowKind.DEMONSTRATIONS,
                    config.data().rows().onBadRow()));
    rows.report().lines("rows to normalize on").forEach(display.stream()::println);
    rows.report().limit(config.data().maxDropped());
    rows.report().requireRows();
    return rows.rows();
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
    RunPlan plan =
        RunPlan.overRows(
            steps,
            config.batch().batchSize(),
            training.stream().map(TrainingRow::tree).toList(),
            model,
            config.loop().microBatchTokens(),
            model::scores);
    return Optional.of(
        SparkPlan.overRows(config.spark(), steps, config.batch().batchSize(), model).of(plan));
  }

  @Override
  public List<String> shownMetrics() {
    return List.of("loss", "accuracy");
  }

  @Override
  public Metrics step(int step, StopFlag stop) {
    heldOutScores = null;
    batch = Arrays.stream(order.rows(step)).mapToObj(training::get).toList();
    model.drawDropout(config.machine().seed(), step);
    return trainer.step(step, batch, stop);
  }

  @Override
  public Metrics evaluate(int step) throws IOException {
    Metrics metrics = new Metrics();
    Optional<RewardEvaluation> evaluation = evaluation();
    if (evaluation.isPresent()) {
      write(evaluation.get());
      metrics.put("eval_loss", evaluation.get().loss());
      metrics.put("eval_accuracy", evaluation.get().accuracy());
    }
    return metrics;
  }

  private void write(RewardEvaluation evaluation) throws IOException {
    AtomicFiles.writeString(run.evaluation(), evaluation.json() + "\n");
  }

  private Optional<RewardEvaluation> evaluation() {
    return heldOut.rows().isEmpty()
        ? Optional.empty()
        : Optional.of(
            RewardEvaluation.of(heldOut.rows(), heldOutScores(), heldOut.report(), List.of())
                .with(lengthDebias));
  }

  /** Fits what scores owe to length, takes it out of the model's scores, and evaluates again. */
  private void debiasLength() throws IOException {
    List<TrainingRow> rows = SpreadRows.of(training, DEBIAS_ROWS);
    List<LengthDebias.Differences> fitted = LengthDebias.Differences.of(rows, score(rows));
    LengthDebias.Judged before = judged();
    double slope = LengthDebias.slope(fitted);
    model.debiasLength(slope);
    heldOutScores = null;
    lengthDebias = new LengthDebias(slope, fitted.size(), before, judged());
    Optional<RewardEvaluation> evaluation = evaluation();
    if (evaluation.isPresent()) {
      write(evaluation.get());
    }
  }

  private LengthDebias.Judged judged() {
    return heldOut.rows().isEmpty()
        ? null
        : LengthDebias.Judged.of(LengthDebias.Differences.of(heldOut.rows(), heldOutScores()));
  }

  private List<float[]> heldOutScores() {
    if (heldOutScores == null) {
      heldOutScores = score(heldOut.rows());
    }
    return heldOutScores;
  }

  private List<float[]> score(List<? extends TrainingRow> rows) {
    List<TokenTree> trees = rows.stream().<TokenTree>map(TrainingRow::tree).toList();
    return Scorer.score(model, trees, config.loop().microBatchTokens());
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
  public void loadCheckpoint(Path folder) {
    heldOutScores = null;
    trainer.load(folder);
  }

  @Override
  public void saveModel(RunDirectory directory) throws IOException {
    SaveFormat format = config.run().save().format();
    if (format.dtype() != Dtype.FP32) { // what stands in the manifest is of the weights in the file
      model.parameters().round(format.dtype());
      heldOutScores = null;
    }
    if (config.lengthDebias()) {
      debiasLength();
    }
    Manifest manifest =
        Manifest.of(model, HubRepo.nameOf(config.model()), evaluation(), scoresOfBest());
    AtomicFiles.writeFolder(
        directory.model(),
        folder -> {
          model.save(folder, format);
          manifest.write(folder);
        });
  }

  /** Scores of good completions, for the manifest's mean and deviation. */
  private double[] scoresOfBest() {
    List<float[]> scores;
    if (!normalizedOn.isEmpty()) {
      scores = score(normalizedOn);
    } else if (!heldOut.rows().isEmpty()) {
      scores = heldOutScores();
    } else {
      scores = score(training.subList(0, Math.min(training.size(), STATISTICS_ROWS)));
    }
    return scores.stream().mapToDouble(completions -> completions[0]).toArray();
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
