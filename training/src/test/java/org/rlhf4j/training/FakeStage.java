package org.rlhf4j.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;

/** A stage whose state is two numbers: each step's metrics depend on all steps before. */
class FakeStage implements Stage {

  private final int steps;
  private final IntConsumer atStep;
  private double weight = 1;
  private double coefficient = 0.05;

  FakeStage(int steps, IntConsumer atStep) {
    this.steps = steps;
    this.atStep = atStep;
  }

  FakeStage(int steps) {
    this(steps, step -> {});
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public Metrics step(int step, StopFlag stop) {
    atStep.accept(step);
    weight = weight * 0.9 + Math.sin(step);
    coefficient *= 1 + weight / 10;
    return new Metrics().put("loss", weight).put("kl_coefficient", coefficient);
  }

  @Override
  public List<String> shownMetrics() {
    return List.of("loss");
  }

  @Override
  public Metrics evaluate(int step) {
    return new Metrics().put("eval_loss", weight * weight);
  }

  @Override
  public List<Sample> samples() {
    return List.of(new Sample("a prompt", "weight " + weight, true, weight));
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    Files.writeString(folder.resolve("weight"), Double.toString(weight));
  }

  @Override
  public void loadCheckpoint(Path folder) throws IOException {
    weight = Double.parseDouble(Files.readString(folder.resolve("weight")));
  }

  @Override
  public Map<String, Double> counters() {
    return Map.of("kl_coefficient", coefficient);
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    coefficient = counters.get("kl_coefficient");
  }

  @Override
  public void saveModel(RunDirectory run) throws IOException {
    AtomicFiles.writeFolder(run.model(), this::saveCheckpoint);
  }

  @Override
  public void saveFailedBatch(Path file) throws IOException {
    Files.writeString(file, "{}\n");
  }
}
