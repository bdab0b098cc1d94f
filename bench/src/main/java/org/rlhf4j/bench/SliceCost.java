package org.rlhf4j.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.TreeSum;

/**
 * What gradients of slices cost beside the network: bytes that a processor writes, reads and adds
 * in a second of its own time. Arguments: weights, slices, rounds.
 */
public final class SliceCost {
  private SliceCost() {}

  /** Prints the least time of all rounds, as bytes a second. */
  public static void main(String[] arguments) throws IOException, ClassNotFoundException {
    int weights = Integer.parseInt(arguments[0]);
    int slices = Integer.parseInt(arguments[1]);
    int rounds = Integer.parseInt(arguments[2]);
    Random random = new Random(0);
    float[] gradient = new float[weights];
    for (int i = 0; i < weights; i++) {
      gradient[i] = (float) random.nextGaussian();
    }
    double written = Double.MAX_VALUE;
    double read = Double.MAX_VALUE;
    double added = Double.MAX_VALUE;
    for (int round = 0; round < rounds; round++) {
      long start = now();
      byte[] bytes = bytes(new SliceGradient<>(gradient, 1.0));
      written = Math.min(written, seconds(start));
      start = now();
      Object same = new ObjectInputStream(new ByteArrayInputStream(bytes)).readObject();
      read = Math.min(read, seconds(start));
      if (!(same instanceof SliceGradient<?> one) || one.gradient().length != weights) {
        throw new IllegalStateException("another gradient was read");
      }
      List<float[]> parts = new ArrayList<>();
      for (int i = 0; i < slices; i++) {
        parts.add(gradient.clone());
      }
      start = now();
      TreeSum.of(parts);
      added = Math.min(added, seconds(start));
    }
    double size = (double) Float.BYTES * weights;
    System.out.printf(
        Locale.ROOT,
        "bytes a second of a processor: written %.3g, read %.3g, added %.3g (%,d weights, %,d"
            + " slices)%n",
        size / written,
        size / read,
        slices * size / added,
        weights,
        slices);
  }

  private static byte[] bytes(SliceGradient<Double> gradient) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(gradient);
    }
    return bytes.toByteArray();
  }

  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static double seconds(long start) {
    return (now() - start) / 1e9;
  }
}
