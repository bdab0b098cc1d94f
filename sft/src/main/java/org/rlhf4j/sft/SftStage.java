package org.rlhf4j.sft;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
import org.rlhf4j.training.PromptSamples;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.health.TrainingHealth;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.FiniteJson;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.SparkPlan;
import org.rlhf4j.training.slice.TrainedWeights;

/** Stage 1 from files to a model: reads demonstrations, trains, evaluates, writes. */
public final class SftStage implements Stage, AutoCloseable {
  /** This stage in the table of stages. */
  public static final StageType<SftConfig> TYPE =
      new StageType<>(
          "sft",
          "Fine-tune a language model on demonstrations.",
          "Fine-tuning",
          SftConfig.class,
          StageType.Measure.LOSS,
          Map.of("model", Set.of(StageType.ModelKind.LANGUAGE_MODEL)),
          StageType.ModelKind.LANGUAGE_MODEL,
          TrainingHealth.CHECKS,
          SftStage::start);

  private static final ObjectMapper JSON =
      FiniteJson.mapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final SftConfig config;
  private final RunDirectory run;
  private final LanguageModel model;
  private final List<TrainingRow> training;
  private final Tokenized<TokenizedRow> heldOut;
  private final BatchOrder order;
  private final int steps;
  private final Optional<SlicedGradients<ModelPasses>> sliced;
  private final SftTrainer trainer;
  private List<TrainingRow> batch = List.of();

  private SftStage(SftConfig config, RunDirectory run, LanguageModel model, SplitRows rows) {
    this.config = config;
    this.run = run;
    this.model = model;
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
            new SftWorkers(),
            config,
            TrainedWeights.of(model.parameters()),
            () -> Probe.of(model));
    SftPasses passes =
        sliced
            .<SftPasses>map(gradients -> new SlicedPasses(gradients, model.tokenizer()))
            .orElseGet(() -> new ModelPasses(model, tokens));
    this.trainer = new SftTrainer(model, config.optimizer(), steps, tokens, passes);
  }

  private static void start(SftConfig given, StageRun run) throws IOException {
    try (LanguageModel model = load(given)) {
      SftConfig config = given.resolved(run.directory(), model.config().dimensions());
      run.writeConfig(TYPE, config);
      SplitRows rows = read(config, model, run.display());
      try (SftStage stage = new SftStage(config, run.directory(), model, rows)) {
        run.ready(config.loop(), config.evaluation(), stage);
      }
    }
  }

  /** The model to start from. */
  static LanguageModel load(SftConfig config) {
    return LanguageModel.load(
        config.model(),
        config.lora().adapter(),
        config.machine().seed(),
        config.machine().format());
  }

  /** Reads the rows, says what became of them, and stops where too few are left. */
  private static SplitRows read(SftConfig config, LanguageModel model, Display display) {
    RowTokenizer tokenizer =
        new RowTokenizer(
                model.tokenizer(), config.data().maxLength(), config.trainOn(), config.cutTurns())
            .within(model.config().dimensions().vocabulary());
    SplitRows rows =
        SplitRows.read(
            config.files(), RowKind.DEMONSTRATIONS, config.data().rows().onBadRow(), tokenizer);
    rows.lines().forEach(display.stream()::println);
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
    RunPlan plan =
        RunPlan.overRows(
            steps,
            config.batch().batchSize(),
            training.stream().map(TrainingRow::tree).toList(),
            model,
            config.loop().microBatchTokens(),
            tokens -> model.logprobs(tokens, 1));
    return Optional.of(
        SparkPlan.overRows(config.spark(), steps, config.batch().batchSize(), model).of(plan));
  }

  @Override
  public List<String> shownMetrics() {
    return List.of("loss", "grad_norm");
  }

  @Override
  public Metrics step(int step, StopFlag stop) {
    batch = Arrays.stream(order.rows(step)).mapToObj(training::get).toList();
    model.drawDropout(config.machine().seed(), step);
    return trainer.step(step, batch, stop);
  }

  @Override
  public Metrics evaluate(int step) throws IOException {
    if (heldOut.rows().isEmpty()) {
      return new Metrics();
    }
    SftEvaluation evaluation = SftEvaluation.of(model, heldOut, config.loop().microBatchTokens());
    AtomicFiles.writeString(run.evaluation(), JSON.writeValueAsString(evaluation) + "\n");
    return new Metrics()
        .put("eval_loss", evaluation.loss())
        .put("eval_perplexity", evaluation.perplexity());
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
  public void loadCheckpoint(Path folder) {
    trainer.load(folder);
  }

  @Override
  public void saveModel(RunDirectory directory) throws IOException {
    AtomicFiles.writeFolder(
        directory.model(), folder -> model.save(folder, config.run().save().format()));
  }

  @Override
  public void saveFailedBatch(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (TrainingRow row : batch) {
      ObjectNode line = JSON.createObjectNode();
      line.put("location", row.location().toString());
      line.put("prompt", model.tokenizer().decode(row.tree().prompt()));
      line.put("completion", model.tokenizer().decode(row.tree().completions().get(0)));
      lines.add(line.toString());
    }
    Files.write(file, lines);
  }

  /** Frees what training takes; the model stays open. */
  @Override
  public void close() {
    sliced.ifPresent(SlicedGradients::close);
    trainer.close();
  }
}
