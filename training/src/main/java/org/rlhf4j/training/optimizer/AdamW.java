package org.rlhf4j.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.model.weights.WeightUpdate;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * AdamW (Loshchilov and Hutter 2019) over all weights of a network, equal to {@code
 * torch.optim.AdamW}. For a weight p with gradient g, at update t, counted from 1, with learning
 * rate η, decay λ:
 *
 * <pre>
 *   p ← p − η λ p
 *   m ← β₁ m + (1 − β₁) g
 *   v ← β₂ v + (1 − β₂) g²
 *   p ← p − η · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 * </pre>
 *
 * The decay applies to every weight, biases and norms too: PyTorch's behaviour without parameter
 * groups. (Trainers that leave those out make groups.)
 */
public final class AdamW implements AutoCloseable {

  private static final String MEAN = "exp_avg.";
  private static final String SQUARE = "exp_avg_sq.";
  private static final String COUNT = "step";

  private final Parameters parameters;
  private final Placement placement;
  private final WeightUpdate.AdamWConstants constants;
  private final NDManager manager;
  private final NDList means;
  private final NDList squares;
  private int count;

  /**
   * An optimizer that has made no update yet.
   *
   * @param parameters the weights, trainable; they outlive the optimizer
   * @param beta1 how much of the mean of gradients stays, in [0, 1)
   * @param beta2 how much of the mean of squared gradients stays, in [0, 1)
   * @param epsilon added to the denominator, not negative
   * @param weightDecay λ, not negative
   */
  public AdamW(
      Parameters parameters, double beta1, double beta2, double epsilon, double weightDecay) {
    this.parameters = parameters;
    this.placement = parameters.placement();
    constants = new WeightUpdate.AdamWConstants(beta1, beta2, epsilon, weightDecay);
    manager = parameters.manager().newSubManager();
    means = zerosLike(parameters.list(), "m[]");
    squares = zerosLike(parameters.list(), "v[]");
  }

  private NDList zerosLike(NDList arrays, String name) {
    NDList zeros = new NDList();
    for (NDArray array : arrays) {
      NDArray zero = placement.zeros(manager, Precision.FP32, array.getShape().getShape());
      zero.setName(name);
      zeros.add(zero);
    }
    return zeros;
  }

  /**
   * Updates the weights from their gradients, which stay as they are.
   *
   * @param learningRate η of this update
   */
  public void step(double learningRate) {
    count++;
    WeightUpdate.adamW(parameters, means, squares, count, learningRate, constants);
  }

  /**
   * Writes the running means and the number of updates.
   *
   * @param file a safetensors file to create
   * @throws IOException when it can't be written
   */
  public void save(Path file) throws IOException {
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    ByteBuffer updates = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    tensors.put(COUNT, StridedTensor.contiguous(List.of(), updates.putFloat(0, count)));
    List<ParameterSpec> specs = parameters.specs();
    for (int i = 0; i < specs.size(); i++) {
      ParameterSpec spec = specs.get(i);
      tensors.put(MEAN + spec.name(), tensor(spec, means.get(i)));
      tensors.put(SQUARE + spec.name(), tensor(spec, squares.get(i)));
    }
    Safetensors.write(file, tensors);
  }

  /**
   * Takes over the state that {@link #save} wrote for the same weights.
   *
   * @param file a safetensors file
   * @throws UserException when it is damaged or of another model
   */
  public void load(Path file) {
    Safetensors saved = Safetensors.open(file);
    ByteBuffer updates = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    copy(saved, COUNT, List.of(), updates);
    List<ParameterSpec> specs = parameters.specs();
    for (int i = 0; i < specs.size(); i++) {
      ParameterSpec spec = specs.get(i);
      load(saved, MEAN + spec.name(), spec, means.get(i));
      load(saved, SQUARE + spec.name(), spec, squares.get(i));
    }
    count = Math.round(updates.getFloat(0));
  }

  private static void copy(Safetensors saved, String name, List<Long> shape, ByteBuffer target) {
    Safetensors.Entry entry = saved.entries().get(name);
    if (entry == null || !entry.shape().equals(shape)) {
      throw new UserException(
          saved.file()
              + ": tensor "
              + name
              + " should have shape "
              + shape
              + (entry == null ? " and is missing" : ", not " + entry.shape())
              + "; the checkpoint is of another model");
    }
    saved.copy(name, StridedTensor.contiguous(shape, target));
  }

  private StridedTensor tensor(ParameterSpec spec, NDArray state) {
    return StridedTensor.contiguous(spec.shape(), () -> placement.read(state));
  }

  private void load(Safetensors saved, String name, ParameterSpec spec, NDArray state) {
    placement.change(state, memory -> copy(saved, name, spec.shape(), memory));
  }

  @Override
  public void close() {
    manager.close();
  }
}
