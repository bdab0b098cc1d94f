package org.rlhf4j.model.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * A network's weights in memory that libtorch allocated, in the order in which the scripts index
 * them. They are fp32; of a network that computes in bf16 and isn't trained, the matrices are held
 * in bf16 alone, and of one that is trained there are copies in bf16 beside them. Closing them
 * frees the memory, unless another model has them too.
 */
public final class Parameters implements AutoCloseable {
  private final List<ParameterSpec> specs;
  private final NDManager manager;
  private final Precision held; // of the matrices
  private final Placement placement;
  private final NDList arrays = new NDList();
  private NDList computed; // what networks take, where it has copies; else null
  private boolean trainable;
  private int owners = 1;

  private Parameters(List<ParameterSpec> specs, Precision held, Placement placement) {
    this.specs = List.copyOf(specs);
    this.held = held;
    this.placement = placement;
    this.manager = Torch.manager();
    for (int i = 0; i < specs.size(); i++) {
      arrays.add(zeros(i, precision(i)));
    }
  }

  private NDArray zeros(int index, Precision precision) {
    long[] shape = specs.get(index).shape().stream().mapToLong(Long::longValue).toArray();
    NDArray array = placement.zeros(manager, precision, shape);
    array.setName("p[]");
    return array;
  }

  /** Weights of zeros, fp32. */
  public static Parameters zeros(List<ParameterSpec> specs) {
    return zeros(specs, Precision.FP32);
  }

  /** Weights of zeros, the matrices held in a number format; only those in fp32 can be trained. */
  public static Parameters zeros(List<ParameterSpec> specs, Precision held) {
    return zeros(specs, held, Placement.chosen());
  }

  /** Weights of zeros in a given place; others are where the process has chosen. */
  public static Parameters zeros(List<ParameterSpec> specs, Precision held, Placement placement) {
    return new Parameters(specs, held, placement);
  }

  /** Where the arrays are. */
  public Placement placement() {
    return placement;
  }

  /** The number format in which a parameter is held. */
  public Precision precision(int index) {
    return specs.get(index).isMatrix() ? held : Precision.FP32;
  }

  /** The number format in which networks compute with these weights. */
  public Precision precision() {
    return computed != null ? Precision.BF16 : held;
  }

  /**
   * Makes networks compute in this format from now on: in bf16 with copies of the matrices, while
   * these weights stay what is trained and saved.
   */
  public Parameters computedIn(Precision precision) {
    if (precision != precision()) {
      computed = new NDList();
      for (int i = 0; i < specs.size(); i++) {
        computed.add(specs.get(i).isMatrix() ? zeros(i, precision) : arrays.get(i));
      }
      updateCopies();
    }
    return this;
  }

  /**
   * Rounds the weights into the copies that networks compute with, where there are any. To be
   * called by whoever changes the weights.
   */
  public void updateCopies() {
    NDList pairs = copies();
    if (!pairs.isEmpty()) {
      Placement.copy(pairs);
    }
  }

  private boolean isCopied(int index) {
    return computed != null && specs.get(index).isMatrix();
  }

  /** Each matrix that networks have a copy of, followed by the copy. */
  public NDList copies() {
    NDList pairs = new NDList();
    for (int i = 0; i < specs.size(); i++) {
      if (isCopied(i)) {
        pairs.add(arrays.get(i));
        pairs.add(computed.get(i));
      }
    }
    return pairs;
  }

  /** Fresh weights, each drawn as its specification says: a function of the seed alone. */
  public static Parameters fresh(List<ParameterSpec> specs, long seed) {
    return fresh(specs, seed, Placement.chosen());
  }

  /** Fresh weights in a given place, the same numbers in each. */
  public static Parameters fresh(List<ParameterSpec> specs, long seed, Placement placement) {
    Parameters parameters = zeros(specs, Precision.FP32, placement);
    for (int i = 0; i < specs.size(); i++) {
      parameters.draw(i, seed);
    }
    return parameters;
  }

  /** Draws one parameter anew. */
  public void draw(int index, long seed) {
    requireFp32(index);
    ParameterSpec spec = specs.get(index);
    CounterRandom random = new CounterRandom(seed, spec.name().hashCode());
    change(index, memory -> spec.initial().fill(memory, random));
  }

  /** These weights for one more owner: they are freed when all have closed them. */
  public Parameters shared() {
    owners++;
    return this;
  }

  /** How many have these weights. */
  public int owners() {
    return owners;
  }

  /** A copy of what networks compute with, held in their format. */
  public Parameters frozenCopy() {
    return copyOf(specs, precision());
  }

  /** An fp32 copy with memory of its own, not trainable. */
  public Parameters copy() {
    return copyOf(specs);
  }

  /** An fp32 copy under other specifications: equally named ones are copied, others stay zero. */
  public Parameters copyOf(List<ParameterSpec> others) {
    return copyOf(others, Precision.FP32);
  }

  /** A copy that is held in a number format. */
  public Parameters copyOf(List<ParameterSpec> others, Precision precision) {
    return copyOf(others, precision, placement);
  }

  /** A copy in a given place. */
  public Parameters copyOf(List<ParameterSpec> others, Precision precision, Placement place) {
    Parameters copy = zeros(others, precision, place);
    for (int i = 0; i < others.size(); i++) {
      int source = index(others.get(i).name());
      if (source >= 0) {
        copy.set(i, this, source);
      }
    }
    return copy;
  }

  /** Overwrites these weights with those of another, of the same specifications. */
  public void set(Parameters other) {
    for (int i = 0; i < specs.size(); i++) {
      set(i, other, i);
    }
    updateCopies();
  }

  /** Overwrites a parameter by another's, wherever that is, rounded to this one's format. */
  public void set(int index, Parameters other, int source) {
    Placement.copy(new NDList(other.arrays.get(source), arrays.get(index)));
  }

  /** What the weights are, in their order. */
  public List<ParameterSpec> specs() {
    return specs;
  }

  /** The arrays in their order, named for a script's {@code p: List[Tensor]}. */
  public NDList list() {
    return arrays;
  }

  /** What networks compute with, likewise: the same arrays, or copies of the matrices. */
  public NDList computed() {
    return computed != null ? computed : arrays;
  }

  /** The manager that owns the arrays: for what must live as long as they do. */
  public NDManager manager() {
    return manager;
  }

  /** The number of weights. */
  public long count() {
    return specs.stream().mapToLong(ParameterSpec::size).sum();
  }

  /** The memory that they take, copies included. */
  public long bytes() {
    long bytes = 0;
    for (int i = 0; i < specs.size(); i++) {
      int each = precision(i).bytes() + (isCopied(i) ? Precision.BF16.bytes() : 0);
      bytes += each * specs.get(i).size();
    }
    return bytes;
  }

  /** The array of this name. */
  public NDArray get(String name) {
    return arrays.get(index(name));
  }

  /** The position of a parameter, -1 where there is none of this name. */
  public int index(String name) {
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Makes the weights collect gradients, from zero on.
   *
   * @param trained whether they do
   */
  public void trainable(boolean trained) {
    if (trained != trainable) {
      for (int i = 0; i < specs.size(); i++) {
        requireFp32(i);
      }
      arrays.forEach(array -> placement.requiresGradient(array, trained));
      trainable = trained;
    }
  }

  /**
   * The gradients collected so far, in the order of the weights, each named {@code g[]}: handles on
   * the memory into which backward passes add.
   *
   * @param scope the manager that owns the handles
   * @return the gradients
   */
  public NDList gradients(NDManager scope) {
    NDList gradients = new NDList();
    for (NDArray array : arrays) {
      NDArray gradient = array.getGradient();
      gradient.attach(scope);
      gradient.setName("g[]");
      gradients.add(gradient);
    }
    return gradients;
  }

  /**
   * Rounds all weights, which have to be fp32, so that they are those that a file of this format
   * holds.
   *
   * @param dtype the format
   * @throws UserException where a weight is too large for it
   */
  public void round(Dtype dtype) {
    for (int i = 0; i < specs.size(); i++) {
      requireFp32(i);
      String name = specs.get(i).name();
      change(i, memory -> WeightMemory.round(name, dtype, memory.asFloatBuffer()));
    }
    updateCopies();
  }

  /** All weights, one tensor behind the other, as the scripts have them; they have to be fp32. */
  public float[] values() {
    FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(count()));
    for (int i = 0; i < specs.size(); i++) {
      requireFp32(i);
      values.put(read(i).asFloatBuffer());
    }
    return values.array();
  }

  /** Overwrites all weights by numbers in the order of {@link #values}. */
  public void setValues(float[] values) {
    int next = 0;
    for (int i = 0; i < specs.size(); i++) {
      requireFp32(i);
      int start = next;
      int size = Math.toIntExact(specs.get(i).size());
      change(i, memory -> memory.asFloatBuffer().put(values, start, size));
      next += size;
    }
    updateCopies();
  }

  /** The gradients collected so far, in the order of {@link #values}. */
  public float[] gradientValues() {
    FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(count()));
    try (NDManager scope = manager.newSubManager()) {
      gradients(scope).forEach(gradient -> values.put(placement.floats(gradient)));
    }
    return values.array();
  }

  /** The gradient of one parameter, owned by the scope; empty where it collects none. */
  public NDArray gradient(int index, NDManager scope) {
    NDArray array = arrays.get(index);
    NDArray gradient = array.hasGradient() ? array.getGradient() : scope.create(new float[0]);
    gradient.attach(scope);
    return gradient;
  }

  /** Sets all gradients to zero. */
  public void zeroGradients() {
    arrays.forEach(Torch::zeroGradient);
  }

  /** Who held weights in bf16 to save memory has nothing that small updates would add up in. */
  private void requireFp32(int index) {
    if (precision(index) != Precision.FP32) {
      throw new IllegalStateException(
          specs.get(index).name() + " is held in bf16, for inference alone");
    }
  }

  /**
   * The bytes of a parameter, read-only: little-endian numbers of {@link #precision(int)}, from 0
   * to its size. On the host they are the network's own, elsewhere a copy.
   */
  public ByteBuffer read(int index) {
    return placement.read(arrays.get(index));
  }

  /**
   * Changes numbers of a parameter; {@link #updateCopies} is the caller's to call.
   *
   * @param work is given its bytes as they are and may write to them until it returns
   */
  public void change(int index, Consumer<ByteBuffer> work) {
    placement.change(arrays.get(index), work);
  }

  /** The weights by Hugging Face tensor name, in checkpoint layout, to be read. */
  public Map<String, StridedTensor> tensors() {
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < specs.size(); i++) {
      int index = i;
      tensors.putAll(WeightMemory.parts(specs.get(i), () -> read(index), precision(i)));
    }
    return tensors;
  }

  /** Changes a parameter as the checkpoint's tensors that it holds; see {@link #change}. */
  public void changeTensors(int index, Consumer<Map<String, StridedTensor>> work) {
    change(index, memory -> work.accept(parts(specs.get(index), memory, precision(index))));
  }

  /**
   * Cuts a parameter's memory, or that of something shaped like it, into a checkpoint's tensors.
   */
  public static Map<String, StridedTensor> parts(
      ParameterSpec spec, ByteBuffer memory, Precision precision) {
    return WeightMemory.parts(spec, () -> memory, precision);
  }

  @Override
  public void close() {
    owners--;
    if (owners == 0) {
      manager.close();
    }
  }
}
