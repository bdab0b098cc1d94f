package org.rlhf4j.data.split;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.settings.UsageException;

/**
 * Holds out the rows whose prompt's hash falls in a fraction of all hashes: the first 64 bits of
 * the SHA-256 of the text in UTF-8, as a number below 1. So the same rows are held out whatever the
 * seed, the order or the stage, and rows of one prompt are never on both sides. A row without a
 * prompt goes by its completion.
 */
final class HeldOutSplit {

  private final double fraction;

  /**
   * Creates a split.
   *
   * @param fraction from 0, which holds nothing out, to below 1
   */
  HeldOutSplit(double fraction) {
    if (!(fraction >= 0 && fraction < 1)) {
      throw new UsageException(
          "eval-fraction: " + fraction + " is out of range; give 0 or more and less than 1");
    }
    this.fraction = fraction;
  }

  /**
   * Tells on which side a row falls.
   *
   * @param row a row
   * @return whether it is held out
   */
  boolean holdsOut(Row row) {
    return position(row.splitKey()) < fraction;
  }

  /** Where a text's hash lies between 0 and 1. */
  static double position(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1p-53;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
