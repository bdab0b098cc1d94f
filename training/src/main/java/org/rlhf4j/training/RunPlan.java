package org.rlhf4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Trainable;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.display.ProgressLine;

/**
 * What a run is going to do, told before it begins.
 *
 * @param work steps, rows and updates in words
 * @param memory what lies in memory, some of it in one part of a step only
 * @param seconds what all steps take at the {@link Pace} of this machine; NaN where nothing was
 *     tried
 * @param notes what else is good to know before it begins, a line each
 */
public record RunPlan(String work, List<Part> memory, double seconds, List<String> notes) {

  /** A forward and a backward pass, in forward passes (Kaplan et al. 2020, section 2.1). */
  private static final int FORWARD_AND_BACKWARD = 3;

  /** Both through weights whose own gradient isn't wanted. */
  private static final int THROUGH_FROZEN = 2;

  /** Gradients and the two moments of AdamW, in floats. */
  private static final int FLOATS_TRAINED = 3;

  /** Keeps copies. */
  public RunPlan {
    memory = List.copyOf(memory);
    notes = List.copyOf(notes);
  }

  /** A plan without notes. */
  public RunPlan(String work, List<Part> memory, double seconds) {
    this(work, memory, seconds, List.of());
  }

  /** This plan with other notes. */
  public RunPlan noting(List<String> others) {
    return new RunPlan(work, memory, seconds, others);
  }

  /** When a part of the memory is in use. */
  public enum When {
    /** In all of a step. */
    ALWAYS,
    /** While completions are sampled. */
    SAMPLING,
    /** While tokens go through a network to be learnt from. */
    LEARNING
  }

  /**
   * A part of the memory.
   *
   * @param name what lies there
   * @param bytes its size
   * @param when it lies there
   */
  public record Part(String name, long bytes, When when) {

    /** A part that is always there. */
    public Part(String name, long bytes) {
      this(name, bytes, When.ALWAYS);
    }

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

    /** Logits are made in chunks. */
    private static long logitBytes(Trainable model) {
      return model.parameters().placement().logitBytes();
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
              MemoryPlan.bytesPerToken(model) * tokens,
              When.LEARNING),
          new Part("logits", logitBytes(model) + headBytes(model)));
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
   * @param forward makes a forward pass, to be tried on a few rows
   * @return the plan
   */
  public static RunPlan overRows(
      int steps,
      int batchSize,
      List<TokenTree> rows,
      Trainable model,
      int microBatchTokens,
      Consumer<PackedTokens> forward) {
    int batch = Math.min(batchSize, rows.size());
    int stepsPerPass = (rows.size() + batch - 1) / batch;
    double taken = (double) (steps / stepsPerPass) * rows.size() + steps % stepsPerPass * batch;
    double tokens = rows.stream().mapToLong(TokenTree::length).average().orElse(0) * taken;
    String work =
        String.format(
            Locale.ROOT,
            "%,d steps of %,d rows%s, %.1f passes over %,d rows, %,.0f tokens",
            steps,
            batch,
            batch < batchSize ? " (fewer than --batch-size)" : "",
            taken / rows.size(),
            rows.size(),
            tokens);
    List<Part> memory = new ArrayList<>();
    long trained = model.parameters().count();
    long frozen = model.frozenCount();
    memory.add(Part.trained("model", model.parameters()));
    memory.addAll(Part.base(model));
    memory.addAll(Part.ofTokens(model, microBatchTokens));
    return new RunPlan(
        work, memory, tokens * passes(model) * secondsPerToken(rows, trained + frozen, forward));
  }

  /** What an update of a model by a token takes, in forward passes. */
  public static double passes(Trainable model) {
    return passes(model.parameters().count(), model.frozenCount(), recomputed(model));
  }

  static double passes(long trained, long frozen, int recomputed) {
    double work = FORWARD_AND_BACKWARD * (double) trained + THROUGH_FROZEN * (double) frozen;
    return recomputed + work / (trained + frozen);
  }

  /** A second forward pass, where gradient checkpointing asks for one. */
  private static int recomputed(Trainable model) {
    return model.checkpointsGradients() ? 1 : 0;
  }

  private static double secondsPerToken(
      List<TokenTree> rows, long weights, Consumer<PackedTokens> forward) {
    PackedTokens few = PackedTokens.of(Pace.few(rows, weights));
    return Pace.seconds(() -> forward.accept(few)) / few.tokens();
  }

  /** The plan in words, its memory beside that of this machine. */
  public List<String> lines() {
    return lines(MemoryPlan.machineBytes());
  }

  /**
   * The plan in words.
   *
   * @param machineBytes the machine's memory
   */
  List<String> lines(long machineBytes) {
    List<String> lines = new ArrayList<>();
    lines.add("plan: " + work);
    notes.forEach(note -> lines.add("plan: " + note));
    lines.add("plan: memory " + memory(machineBytes));
    String time =
        Double.isNaN(seconds)
            ? "the time left"
            : "about "
                + ProgressLine.duration(Math.max(1, seconds))
                + ", from a short trial; the time left";
    lines.add("plan: " + time + " is shown and corrected while steps are made");
    return lines;
  }

  /** What lies in memory at once at most, in bytes. */
  public long bytes() {
    return bytes(When.ALWAYS) + Math.max(bytes(When.SAMPLING), bytes(When.LEARNING));
  }

  private long bytes(When when) {
    return memory.stream().filter(part -> part.when() == when).mapToLong(Part::bytes).sum();
  }

  private String memory(long machineBytes) {
    long all = bytes();
    When less = bytes(When.SAMPLING) > bytes(When.LEARNING) ? When.LEARNING : When.SAMPLING;
    String atAnotherTime = words(part -> part.when() == less);
    String enough =
        all <= machineBytes
            ? ""
            : "; that is too much: lower --micro-batch-tokens, or use a smaller model";
    return words(part -> part.when() != less)
        + (atAnotherTime.isEmpty() ? "" : " (at another time " + atAnotherTime + ")")
        + ": "
        + size(all)
        + " of "
        + size(machineBytes)
        + enough;
  }

  private String words(Predicate<Part> some) {
    return memory.stream()
        .filter(some)
        .map(part -> part.name() + " " + size(part.bytes()))
        .collect(Collectors.joining(", "));
  }

  /** A size as people read it. */
  public static String size(long bytes) {
    return bytes < 1e9
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
