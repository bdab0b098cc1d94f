package org.rlhf4j.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/** Matrix products as the scripts compute them, by the library that is fastest on the machine. */
public final class MatrixProduct {
  /** By matrix: its copy in the library's own order. */
  public static final TorchArchive.EmptyDict PACKED_WEIGHTS =
      new TorchArchive.EmptyDict("Dict[Tensor, Tensor]");

  private MatrixProduct() {}

  /** Compiled at first use, for the whole process. */
  private static final class Script {
    static final TorchScript INSTANCE =
        TorchScript.compile(
            "Transformer",
            source(Placement.HOST)
                + """

                  def plain(self: __torch__.Transformer, a: Tensor, b: Tensor) -> Tensor:
                    return (self).product(a, b, None)
                """,
            Map.of("packed_weights", PACKED_WEIGHTS));
  }

  /** The source of {@code product(a, b, bias)} for the processor or device of a placement. */
  public static String source(Placement placement) {
    return TorchScript.source(MatrixProduct.class, placement.productFile());
  }

  /**
   * The product of two matrices.
   *
   * @param a [n, k]
   * @param b [k, m]
   * @return [n, m], owned by the manager of {@code a}
   */
  public static NDArray of(NDArray a, NDArray b) {
    return Script.INSTANCE.run("plain", new NDList(a, b)).get(0);
  }
}
