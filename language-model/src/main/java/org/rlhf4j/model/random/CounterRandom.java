package org.rlhf4j.model.random;

/**
 * Random numbers by counter: each is a pure function of a key and an index, so that nothing depends
 * on the order in which they are asked for. The mixing function is SplitMix64's finaliser (Steele,
 * Lea, Flood 2014), applied once for every word of the key.
 */
public final class CounterRandom {
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private final long key;

  /**
   * A stream.
   *
   * @param words what the stream is named by, in order
   */
  public CounterRandom(long... words) {
    this(GAMMA, words);
  }

  private CounterRandom(long start, long[] words) {
    long state = start;
    for (long word : words) {
      state = mix(state ^ mix(word + GAMMA));
    }
    this.key = state;
  }

  /** The stream that is named by one word more. */
  public CounterRandom then(long word) {
    return new CounterRandom(key, new long[] {word});
  }

  /** The 64 bits at an index. */
  public long bits(long index) {
    return mix(key + (index + 1) * GAMMA);
  }

  /** A float in [0, 1): one of 2²⁴ evenly spaced ones. */
  public float uniform(long index) {
    return (bits(index) >>> 40) * 0x1p-24f;
  }

  /** A standard normal number (Box and Muller 1958). */
  public double normal(long index) {
    double radius = ((bits(2 * index) >>> 11) + 1) * 0x1p-53; // in (0, 1]
    double angle = (bits(2 * index + 1) >>> 11) * 0x1p-53;
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
  }

  /** SplitMix64's finaliser. */
  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
