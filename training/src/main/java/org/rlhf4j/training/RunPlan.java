package org.rlhf4j.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.rlhf4j.model.Dimensions;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.Precision;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Trainable;

/**
 * What a run is going to do, told before it begins.
 *
 * @param work steps, rows and updates in words
 * @param memory what lies in memory at once
 * @param operations the arithmetic of all steps, in floating-point operations: for each token and
 *     weight 2 in a forward pass and 4 in a backward one (Kaplan et al. 2020, "Scaling laws for
 *     neural language models", section 2.1)
 */
public record RunPlan(String work, List<Part> memory, double operations) {

  /** Operations of a forward pass, for each weight and token. */
  public static final int FORWARD = 2;

  /** Operations of a forward and a backward pass. */
  public static final int FORWARD_AND_BACKWARD = 6;

  /** Operations of a second forward pass, where gradient checkpointing asks for one. */
  public static int recomputed(Trainable model) {
    return model.checkpointsGradients() ? FORWARD : 0;
  }

  /** Operations of both through a weight whose own gradient isn't wanted. */
  private static final int THROUGH_FROZEN = 4;

  /** What the logits in work take: they are made in chunks of so many bytes. */
  private static final long LOGITS_BYTES = 24L << 20;

  /** Gradients and the two moments of AdamW, in floats. */
  private static final int FLOATS_TRAINED = 3;

  private static final int SIDE = 512;
  private static final long MEASURED_NANOS = 50_000_000;

  /** Keeps a copy. */
  public RunPlan {
    memory = List.copyOf(memory);
  }

  /**
   * A part of the memory.
   *
   * @param name what lies there
   * @param bytes its size
   */
  public record Part(String name, long bytes) {

    /** A network that is trained, with gradients and optimizer. */
    public static Part trained(String name, Parameters weights) {
      return new Part(
          name + " with gradients and optimizer",
          weights.bytes() + FLOATS_TRAINED * Float.BYTES * weights.count());
    }

    /** A network that stays as it is. */
    public static Part frozen(String name, Parameters weights) {
      return new Part(name, weights.bytes());
    }

    /** The weights under adapters, which all networks on them share; none where there are none. */
    public static List<Part> base(Trainable model) {
      long bytes = model.frozenCount() * model.precision().bytes();
      return bytes == 0 ? List.of() : List.of(new Part("base", bytes));
    }

    /** In bf16 logits are made in fp32, of a widened copy of the head. */
    private static long headBytes(Trainable model) {
      Dimensions d = model.config().dimensions();
      return model.precision() == Precision.FP32
          ? 0
          : (long) Float.BYTES * d.hidden() * d.vocabulary();
    }

    /** What a training pass keeps of the tokens that go through a network at once. */
    public static List<Part> ofTokens(Trainable model, int tokens) {
      return List.of(
          new Part(
              String.format(Locale.ROOT, "activations of %,d tokens", tokens),
              MemoryPlan.bytesPerToken(model) * tokens),
          new Part("logits", LOGITS_BYTES + headBytes(model)));
    }
  }

  /**
   * The plan of a stage whose steps go over rows.
   *
   * @param steps steps in all
   * @param batchSize rows of a step
   * @param rows the training rows
   * @param model what is trained
   * @param microBatchTokens tokens that go through it at once
   * @return the plan
   */
  public static RunPlan overRows(
      int steps, int batchSize, List<TokenTree> rows, Trainable model, int microBatchTokens) {
    double taken = (double) steps * batchSize;
    double tokens = rows.stream().mapToLong(TokenTree::length).average().orElse(0) * taken;
    String work =
        String.format(
            Locale.ROOT,
            "%,d steps of %,d rows, %.1f passes over %,d rows, %,.0f tokens",
            steps,
            batchSize,
            taken / rows.size(),
            rows.size(),
            tokens);
    List<Part> memory = new ArrayList<>();
    long trained = model.parameters().count();
    long frozen = model.frozenCount();
    memory.add(Part.trained("model", model.parameters()));
    memory.addAll(Part.base(model));
    memory.addAll(Part.ofTokens(model, microBatchTokens));
    double perToken =
        FORWARD_AND_BACKWARD * (double) trained
            + THROUGH_FROZEN * (double) frozen
            + recomputed(model) * (double) (trained + frozen);
    return new RunPlan(work, memory, tokens * perToken);
  }

  /** The plan on this machine: its memory beside what there is, and a time from its arithmetic. */
  public List<String> lines() {
    return lines(MemoryPlan.machineBytes(), operationsPerSecond());
  }

  /**
   * The plan in words.
   *
   * @param machineBytes the machine's memory
   * @param operationsPerSecond how fast it multiplies
   */
  List<String> lines(long machineBytes, double operationsPerSecond) {
    List<String> lines = new ArrayList<>();
    lines.add("plan: " + work);
    lines.add("plan: memory " + memory(machineBytes));
    lines.add(
        "plan: about "
            + ProgressLine.duration(operations / operationsPerSecond)
            + " for the arithmetic alone; the time left is told as steps are made");
    return lines;
  }

  private String memory(long machineBytes) {
    long all = memory.stream().mapToLong(Part::bytes).sum();
    String parts =
        memory.stream()
            .map(part -> part.name() + " " + size(part.bytes()))
            .collect(Collectors.joining(", "));
    String enough =
        all <= machineBytes
            ? ""
            : "; that is too much: lower --micro-batch-tokens, or take a smaller model";
    return parts + ": " + size(all) + " of " + size(machineBytes) + enough;
  }

  private static String size(long bytes) {
    return bytes < 1e9
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  /** The rate of a matrix product, measured for some hundredths of a second. */
  private static double operationsPerSecond() {
    try (NDManager scope = NDManager.newBaseManager()) {
      NDArray matrix = scope.ones(new Shape(SIDE, SIDE), DataType.FLOAT32);
      matrix.matMul(matrix).close(); // the first product also loads the library
      long products = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < MEASURED_NANOS) {
        matrix.matMul(matrix).close();
        products++;
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return products * 2.0 * SIDE * SIDE * SIDE / seconds;
    }
  }
}
