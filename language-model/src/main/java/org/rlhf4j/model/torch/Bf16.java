package org.rlhf4j.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** Numbers and tensors in bf16, which DJL hands on but can neither make nor read. */
public final class Bf16 {
  private static final int NAN = 0x7fc0;

  private Bf16() {}

  /** Compiled at first use, for the whole process. */
  private static final class Script {
    static final TorchScript INSTANCE =
        TorchScript.compile(
            "Bf16",
            """
              def zeros(self: __torch__.Bf16, shape: Tensor) -> Tensor:
                return torch.zeros([int(shape[i]) for i in range(torch.size(shape, 0))], dtype=15)

              def copy(self: __torch__.Bf16, p: List[Tensor]) -> Tensor:
                for i in range(torch.floordiv(torch.len(p), 2)):
                  _0 = torch.copy_(p[2 * i + 1], p[2 * i])
                return p[0]
            """,
            Map.of());
  }

  /** A tensor of zeros in libtorch's own, aligned memory. */
  static NDArray zeros(NDManager manager, long... shape) {
    try (NDArray sizes = manager.create(shape)) {
      // Without a graph it would be a tensor that no graph may take later.
      return Script.INSTANCE.runWithGraph("zeros", new NDList(sizes)).get(0);
    }
  }

  /** Overwrites each second tensor, {@code p[]}, by the one before it, rounded to its format. */
  public static void copy(NDList pairs) {
    Script.INSTANCE.run("copy", pairs).forEach(NDArray::close);
  }

  /** The number that sixteen bits stand for, exactly. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The bits of the nearest number, of two as near the one whose last bit is 0. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16 & 0x8000) | NAN);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
