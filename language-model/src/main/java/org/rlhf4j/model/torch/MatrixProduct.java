package org.rlhf4j.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;
import java.util.Set;

/** Matrix products as the programs compute them, by the library that is fastest on the machine. */
public final class MatrixProduct {
  /** By matrix: its copy in the library's own order. Nothing to do with tokens that are packed. */
  public static final TorchArchive.EmptyDict PACKED =
      new TorchArchive.EmptyDict("Dict[Tensor, Tensor]");

  private MatrixProduct() {}

  /** Compiled at first use, for the whole process. */
  private static final class Program {
    static final TorchProgram INSTANCE =
        TorchProgram.compile(
            "Transformer",
            source()
                + """

                  def plain(self: __torch__.Transformer, a: Tensor, b: Tensor) -> Tensor:
                    return (self).product(a, b, None)
                """,
            Map.of("packed", PACKED));
  }

  /** The source of {@code product(a, b, bias)} for this machine's processor. */
  public static String source() {
    boolean x86 = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
    return TorchProgram.source(
        MatrixProduct.class, x86 ? "product_onednn.py" : "product_libtorch.py");
  }

  /**
   * The product of two matrices.
   *
   * @param a [n, k]
   * @param b [k, m]
   * @return [n, m], owned by the manager of {@code a}
   */
  public static NDArray of(NDArray a, NDArray b) {
    return Program.INSTANCE.run("plain", new NDList(a, b)).get(0);
  }
}
