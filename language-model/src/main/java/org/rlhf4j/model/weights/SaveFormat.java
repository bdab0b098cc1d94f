package org.rlhf4j.model.weights;

/**
 * How the weights of a model are written.
 *
 * @param dtype their number format
 * @param maxShardBytes above which they are written as several files; a larger tensor has a file of
 *     its own
 */
public record SaveFormat(Dtype dtype, long maxShardBytes) {
  /** In fp32, in one file up to 50 GB, as transformers 5 splits them. */
  public static final SaveFormat DEFAULT = new SaveFormat(Dtype.FP32, 50_000_000_000L);

  /** Checks the size. */
  public SaveFormat {
    if (maxShardBytes < 1) {
      throw new IllegalArgumentException("a shard of " + maxShardBytes + " bytes");
    }
  }

  /** What a tensor takes. */
  long bytes(StridedTensor tensor) {
    return tensor.size() * dtype.type().bytes();
  }
}
