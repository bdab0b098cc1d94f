package org.rlhf4j.model.weights;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.rlhf4j.settings.Precision;

/** A parameter's memory on the host: its parts as a checkpoint has them, and its rounding. */
final class WeightMemory {
  private static final int ROUNDED_BLOCK = 1 << 16; // floats

  private WeightMemory() {}

  /** The checkpoint's tensors in a parameter's memory, which is asked for when it is needed. */
  static Map<String, StridedTensor> parts(
      ParameterSpec spec, Supplier<ByteBuffer> memory, Precision precision) {
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    int start = 0;
    for (ParameterSpec.Part part : spec.parts()) {
      if (spec.transposed()) {
        int columns = Math.toIntExact(spec.shape().get(1));
        tensors.put(
            part.tensor(), new StridedTensor(part.shape(), memory, start, 1, columns, precision));
        start += Math.toIntExact(part.shape().get(0));
      } else {
        tensors.put(
            part.tensor(), StridedTensor.contiguous(part.shape(), memory, start, precision));
        start += Math.toIntExact(part.size());
      }
    }
    return tensors;
  }

  /** Rounds numbers to those that a file of this format holds. */
  static void round(String name, Dtype dtype, FloatBuffer memory) {
    float[] block = new float[Math.min(ROUNDED_BLOCK, memory.remaining())];
    while (memory.hasRemaining()) {
      int count = Math.min(block.length, memory.remaining());
      memory.duplicate().get(block, 0, count);
      dtype.require(name, block, count);
      for (int n = 0; n < count; n++) {
        block[n] = dtype.round(block[n]);
      }
      memory.put(block, 0, count);
    }
  }
}
