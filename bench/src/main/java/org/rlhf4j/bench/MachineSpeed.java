package org.rlhf4j.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import org.rlhf4j.model.torch.MatrixProduct;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Setting;

/**
 * What this machine gives a process at most: the rate of square matrix products in fp32 (2·n³
 * operations each) as our scripts compute them and as libtorch's own matmul does, and the rate of
 * reading memory far larger than the caches, once by a sum and once by a matrix-vector product.
 */
public final class MachineSpeed {
  private static final int COLUMNS = 1024;

  private MachineSpeed() {}

  /**
   * Its options.
   *
   * @param sizes the products' n
   * @param megabytes how much is read, in MiB
   * @param runs how often each is measured
   * @param threads of an operation, or null
   */
  record Options(
      @Setting(help = "Rows and columns of the matrices.", defaultValue = "1024,1536,2048")
          List<Integer> sizes,
      @Setting(help = "MiB that are read.", defaultValue = "512") int megabytes,
      @Setting(help = "How often each is measured.", defaultValue = "12") int runs,
      @Setting(help = "CPU threads.", defaultText = "one a core") Integer threads) {
    Options {
      sizes.forEach(size -> Limits.positive("sizes", size));
      Limits.positive("megabytes", megabytes);
      Limits.positive("runs", runs);
    }
  }

  /**
   * Prints one JSON line: {@code sgemm_gflops} (the best of all sizes), {@code sgemm} (best and
   * median by size), the same of libtorch's matmul as {@code matmul_gflops} and {@code matmul}, and
   * of the product in bf16 as {@code bf16_gflops} and {@code bf16}, {@code read_gbps} and {@code
   * matvec_gbps} (best; 10⁹ bytes a second) with their medians.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, MachineSpeed::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    line.put("work", "machine").put("threads", Measurement.threads(chosen.threads()));
    products("sgemm", Precision.FP32, MatrixProduct::of, chosen, line);
    products("matmul", Precision.FP32, NDArray::matMul, chosen, line);
    products("bf16", Precision.BF16, MatrixProduct::of, chosen, line);
    read(chosen, line);
    line.put("libtorch", Torch.version()).put("java", Runtime.version().toString());
  }

  private static void products(
      String name,
      Precision precision,
      BinaryOperator<NDArray> product,
      Options chosen,
      ObjectNode line) {
    double fastest = 0;
    ObjectNode products = line.objectNode();
    for (int size : chosen.sizes()) {
      Seconds seconds = square(precision, product, size, chosen.runs());
      double operations = 2.0 * size * size * size;
      fastest = Math.max(fastest, operations / seconds.best() / 1e9);
      products
          .putObject(String.valueOf(size))
          .put("best_gflops", operations / seconds.best() / 1e9)
          .put("median_gflops", operations / seconds.median() / 1e9);
    }
    line.put(name + "_gflops", fastest).set(name, products);
  }

  private static Seconds square(
      Precision precision, BinaryOperator<NDArray> product, int size, int runs) {
    try (NDManager manager = Torch.manager()) {
      NDArray left = Placement.HOST.zeros(manager, precision, size, size);
      NDArray right = Placement.HOST.zeros(manager, precision, size, size);
      return timed(runs, () -> product.apply(left, right));
    }
  }

  private static void read(Options chosen, ObjectNode line) {
    long rows = (long) chosen.megabytes() * (1 << 20) / Float.BYTES / COLUMNS;
    double bytes = (double) rows * COLUMNS * Float.BYTES;
    try (NDManager manager = Torch.manager()) {
      NDArray matrix = manager.ones(new Shape(rows, COLUMNS));
      NDArray vector = manager.ones(new Shape(1, COLUMNS));
      put(line, "read", bytes, timed(chosen.runs(), matrix::sum));
      put(
          line,
          "matvec",
          bytes,
          timed(chosen.runs(), () -> MatrixProduct.of(vector, matrix.transpose())));
    }
  }

  /** What takes longer than a second, as bf16 without instructions for it, is done once. */
  private static Seconds timed(int runs, Supplier<NDArray> operation) {
    Runnable work = () -> operation.get().close();
    Seconds first = Seconds.of(0, 1, work);
    return first.best() > 1 ? first : Seconds.of(2, runs, work);
  }

  private static void put(ObjectNode line, String name, double bytes, Seconds seconds) {
    line.put(name + "_gbps", bytes / seconds.best() / 1e9);
    line.put(name + "_median_gbps", bytes / seconds.median() / 1e9);
  }
}
