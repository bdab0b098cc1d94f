package org.rlhf4j.dpo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * Reference log-probabilities on the disk, {@code reference.safetensors}: those of all completions
 * of a run's rows, one after another, fp32, so that what is read is what was computed, bit for bit.
 * The tensor's name has the hash of the rows' ids: those of other rows aren't taken for these.
 */
final class ReferenceFile {

  private final Path file;

  ReferenceFile(Path file) {
    this.file = file;
  }

  boolean exists() {
    return Files.exists(file);
  }

  /**
   * Writes them, whole or not at all.
   *
   * @param rows the rows that they are of
   * @param refLogprobs for each row one number for each completion
   */
  void write(List<? extends TrainingRow> rows, List<float[]> refLogprobs) throws IOException {
    int count = refLogprobs.stream().mapToInt(row -> row.length).sum();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder());
    for (float[] row : refLogprobs) {
      for (float value : row) {
        bytes.putFloat(value);
      }
    }
    StridedTensor tensor = StridedTensor.contiguous(List.of((long) count), bytes.rewind());
    AtomicFiles.writeFile(file, partial -> Safetensors.write(partial, Map.of(name(rows), tensor)));
  }

  /**
   * Reads them.
   *
   * @param rows the rows that they have to be of
   * @return for each row one number for each completion
   * @throws UserException where they are of other rows
   */
  List<float[]> read(List<? extends TrainingRow> rows) {
    Safetensors saved = Safetensors.open(file);
    String name = name(rows);
    if (!saved.entries().containsKey(name)) {
      throw new UserException(
          file
              + ": these log-probabilities are of other rows, so the data have changed since the"
              + " run began; bring the old rows back, or start anew with another --output");
    }
    float[] flat = saved.values(name);
    List<float[]> refLogprobs = new ArrayList<>();
    int at = 0;
    for (TrainingRow row : rows) {
      int completions = row.tree().completions().size();
      refLogprobs.add(Arrays.copyOfRange(flat, at, at + completions));
      at += completions;
    }
    return refLogprobs;
  }

  /** Named after the SHA-256 of all ids, each list with its length before it. */
  private static String name(List<? extends TrainingRow> rows) {
    MessageDigest digest = sha256();
    for (TrainingRow row : rows) {
      add(digest, row.tree().prompt());
      row.tree().completions().forEach(ids -> add(digest, ids));
    }
    return "ref_logprobs." + HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate((ids.length + 1) * Integer.BYTES).putInt(ids.length);
    for (int id : ids) {
      bytes.putInt(id);
    }
    digest.update(bytes.array());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
