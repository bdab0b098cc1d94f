package org.rlhf4j.training;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.OptionalInt;
import org.rlhf4j.model.Trainable;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.torch.Gpu;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.run.RunDirectory;

/**
 * How many tokens go through a network at once. Planned from the machine's total memory and the
 * model's sizes alone, never from what happens to be free, so a run can be repeated. A
 * seventy-second of the memory is given to what a training pass keeps of its tokens, each of which
 * takes about
 *
 * <pre>  4 bytes · layers · (12 · hidden + 2 · intermediate)</pre>
 *
 * and with gradient checkpointing
 *
 * <pre>  4 bytes · (layers · hidden + 12 · hidden + 2 · intermediate)</pre>
 *
 * and half of that in bf16. The tokens are planned for fp32 without checkpointing: both are asked
 * for where memory is short, so what they save isn't spent on more tokens, and with the same
 * micro-batches checkpointing gives the same numbers, bit for bit.
 *
 * <p>Matrix products are as fast with some hundred tokens as with thousands, so more would only
 * take memory; fewer than {@value #LEAST} are slow, and more than {@value #MOST} make nothing
 * faster.
 */
public final class MemoryPlan {

  private static final String SETTING = "micro-batch-tokens";
  private static final int LEAST = 256;
  private static final int MOST = 4096;
  private static final int SHARE = 72;
  private static final int HOST_COMPLETIONS = 64;
  private static final int MOST_COMPLETIONS = 1024;
  private static final int CACHE_SHARE = 8;

  private MemoryPlan() {}

  /**
   * The tokens of a micro-batch on this machine.
   *
   * @param dimensions of the network that is trained
   * @return tokens
   */
  public static int microBatchTokens(Dimensions dimensions) {
    return microBatchTokens(dimensions, machineBytes());
  }

  /**
   * How many completions are sampled at once. On the host 64: more are no faster there. On a device
   * a step takes the same time for many as for few, so there it is as many as an eighth of the
   * memory holds the keys and values of, from 64 to 1,024.
   *
   * @param model samples
   * @param tokens of a prompt and its completion, at most
   */
  public static int completionsAtOnce(Trainable model, int tokens) {
    return model.parameters().placement().isHost()
        ? HOST_COMPLETIONS
        : completionsAtOnce(keyValueBytes(model, tokens), machineBytes());
  }

  /** What keys and values of so many tokens take. */
  public static long keyValueBytes(Trainable model, int tokens) {
    Dimensions d = model.config().dimensions();
    return 2L * d.layers() * d.kvHeads() * d.headSize() * tokens * model.precision().bytes();
  }

  static int completionsAtOnce(long bytesOfOne, long memoryBytes) {
    long held = memoryBytes / CACHE_SHARE / bytesOfOne;
    return (int) Math.max(HOST_COMPLETIONS, Math.min(MOST_COMPLETIONS, held));
  }

  /** The total memory of what networks compute on: the machine's, or the card's. */
  static long machineBytes() {
    if (Placement.chosen() == Placement.gpu()) {
      return Gpu.bytes();
    }
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getTotalMemorySize();
  }

  /** What a training pass keeps of a token. */
  static long bytesPerToken(Trainable model) {
    Dimensions d = model.config().dimensions();
    return numbersPerToken(d, model.checkpointsGradients()) * model.precision().bytes();
  }

  private static long numbersPerToken(Dimensions d, boolean gradientCheckpointing) {
    long layer = 12L * d.hidden() + 2L * d.intermediate();
    return gradientCheckpointing ? (long) d.layers() * d.hidden() + layer : d.layers() * layer;
  }

  /**
   * The tokens of a micro-batch of a run: as set, else as in the configuration of the run that goes
   * on, else as planned.
   *
   * @param loop may set them
   * @param run may hold the configuration of a run that goes on
   * @param dimensions of the network that is trained
   * @return tokens
   */
  public static int microBatchTokens(LoopSettings loop, RunDirectory run, Dimensions dimensions) {
    return loop.microBatchTokens() != null
        ? loop.microBatchTokens()
        : earlier(run).orElseGet(() -> microBatchTokens(dimensions));
  }

  static int microBatchTokens(Dimensions d, long memoryBytes) {
    long each = Float.BYTES * numbersPerToken(d, false);
    return (int) Math.max(LEAST, Math.min(MOST, memoryBytes / SHARE / each));
  }

  private static OptionalInt earlier(RunDirectory run) {
    if (!run.resume() || !Files.exists(run.config())) {
      return OptionalInt.empty();
    }
    Written.Entry entry = SettingsYaml.read(run.config()).entries().get(SETTING);
    return entry != null && entry.value() instanceof Written.Scalar scalar
        ? OptionalInt.of(Integer.parseInt(scalar.text()))
        : OptionalInt.empty();
  }
}
