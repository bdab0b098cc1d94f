package org.rlhf4j.data.split;

import java.io.ByteArrayOutputStream;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.TokenTree;

/**
 * Rows to train on, held without their text: about two bytes a token and twenty a row. An id below
 * 2⁷ takes one byte, below 2¹⁴ two, below 2²¹ three. A row comes as often as it was added.
 */
final class PackedRows extends AbstractList<TrainingRow> implements RandomAccess {

  private static final int BLOCK = 1 << 20;

  private record PackedRow(
      TokenTree tree, boolean[] completionMask, double margin, Location location)
      implements TrainingRow {}

  private final List<byte[]> blocks = new ArrayList<>();
  private final ByteArrayOutputStream open = new ByteArrayOutputStream();
  private final Map<String, Integer> files = new LinkedHashMap<>();
  private final List<String> fileNames = new ArrayList<>();
  private long[] starts = new long[16]; // block in the upper half, place in it in the lower
  private int size;

  /**
   * Adds a row.
   *
   * @param row the row
   * @param times how often it comes; 0 leaves it out
   */
  void add(TrainingRow row, int times) {
    if (times == 0) {
      return;
    }
    if (open.size() >= BLOCK) {
      seal();
    }
    long start = ((long) blocks.size() << 32) + open.size();
    write(row);
    if (size + times > starts.length) {
      starts = Arrays.copyOf(starts, Math.max(size + times, 2 * starts.length));
    }
    Arrays.fill(starts, size, size + times, start);
    size += times;
  }

  /** Ends the adding; nothing can be read before. */
  PackedRows packed() {
    seal();
    return this;
  }

  private void seal() {
    blocks.add(open.toByteArray());
    open.reset();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public TrainingRow get(int index) {
    long start = starts[Objects.checkIndex(index, size)];
    return new Reader(blocks.get((int) (start >>> 32)), (int) start).row();
  }

  private void write(TrainingRow row) {
    Location place = row.location();
    write(files.computeIfAbsent(place.file(), this::numbered));
    write(place.line());
    write(place.column());
    // Most rows have no margin: its bits are turned round, for the zeros at their end to cost none.
    write(Long.reverse(Double.doubleToLongBits(row.margin())));
    write(row.tree().prompt());
    write(row.tree().completions().size());
    row.tree().completions().forEach(this::write);
    write(runs(row.completionMask()));
  }

  /** The lengths of the mask's runs, the first of them trained on and possibly empty. */
  private static int[] runs(boolean[] mask) {
    List<Integer> runs = new ArrayList<>(List.of(0));
    boolean trained = true;
    for (boolean next : mask) {
      if (next != trained) {
        runs.add(0);
        trained = next;
      }
      runs.set(runs.size() - 1, runs.get(runs.size() - 1) + 1);
    }
    return runs.stream().mapToInt(Integer::intValue).toArray();
  }

  private int numbered(String file) {
    fileNames.add(file);
    return fileNames.size() - 1;
  }

  private void write(int[] ids) {
    write(ids.length);
    for (int id : ids) {
      write(id);
    }
  }

  /** Seven bits a byte, the lowest first; all but the last have the eighth bit set. */
  private void write(long value) {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      open.write((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    open.write((int) left);
  }

  private final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes, int at) {
      this.bytes = bytes;
      this.at = at;
    }

    TrainingRow row() {
      String file = fileNames.get((int) number());
      Location place = new Location(file, number(), (int) number());
      double margin = Double.longBitsToDouble(Long.reverse(number()));
      int[] prompt = ids();
      int[][] completions = new int[(int) number()][];
      Arrays.setAll(completions, i -> ids());
      TokenTree tree = new TokenTree(prompt, List.of(completions));
      return new PackedRow(tree, mask(tree.completionTokens()), margin, place);
    }

    private boolean[] mask(int length) {
      boolean[] mask = new boolean[length];
      boolean trained = true;
      int begin = 0;
      for (int run : ids()) {
        Arrays.fill(mask, begin, begin + run, trained);
        begin += run;
        trained = !trained;
      }
      return mask;
    }

    private int[] ids() {
      int[] ids = new int[(int) number()];
      Arrays.setAll(ids, i -> (int) number());
      return ids;
    }

    private long number() {
      long value = 0;
      int shift = 0;
      byte next;
      do {
        next = bytes[at++];
        value |= (next & 0x7FL) << shift;
        shift += 7;
      } while (next < 0);
      return value;
    }
  }
}
