package org.rlhf4j.data.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Row;

/**
 * Prompts that are in the training and in the held-out rows. Near-duplicates are found by {@link
 * PromptSketch}: pairs that agree in one of eight bands of four numbers are compared. Of an index
 * of 0.8 a pair is compared with a probability of 0.98, of 0.9 with 0.9999.
 *
 * @param same held-out rows whose prompt, letter by letter, is also a training row's
 * @param near distinct held-out prompts that aren't, but have a near-duplicate among the training
 *     rows' prompts
 * @param examples up to two of the latter, as places: held out ~ trained on
 * @param compared distinct prompts of the training rows that near-duplicates were looked for among:
 *     the first of them, where there are very many
 * @param prompts distinct prompts of the training rows
 */
public record PromptOverlap(int same, int near, List<String> examples, int compared, int prompts) {

  private static final int SHOWN = 2;

  /** Keeps a copy. */
  public PromptOverlap {
    examples = List.copyOf(examples);
  }

  /**
   * Says it in a line.
   *
   * @return text without a line break
   */
  public String text() {
    String text =
        String.format(
            Locale.ROOT,
            "%,d held-out rows have a prompt that is also trained on; %,d more have a prompt that"
                + " is nearly the same as one that is trained on",
            same,
            near);
    if (compared < prompts) {
      text +=
          String.format(
              Locale.ROOT, " (compared: the first %,d of %,d prompts)", compared, prompts);
    }
    return examples.isEmpty() ? text : text + ", such as " + String.join("; ", examples);
  }

  /** Collects prompts: about a hundred bytes for each of the first 200,000 of a side. */
  public static final class Builder {

    private static final int MOST = 200_000;
    private static final int BANDS = 8;
    private static final int BAND = PromptSketch.NUMBERS / BANDS;

    private final TextHashes trainingPrompts = new TextHashes();
    private final TextHashes heldOutPrompts = new TextHashes();
    private final Sketches training = new Sketches();
    private final Sketches heldOut = new Sketches();
    private final List<Long> heldOutRows = new ArrayList<>();
    private final List<Long> sketched = new ArrayList<>(); // the prompts of held-out sketches

    /** The sketches of one side, and where their prompts stand first. */
    private static final class Sketches {
      private final List<short[]> sketches = new ArrayList<>();
      private final List<Location> places = new ArrayList<>();

      /** Adds a prompt; tells whether it has a sketch that is kept. */
      boolean add(Row row) {
        Optional<short[]> sketch =
            sketches.size() < MOST ? PromptSketch.of(row.prompt()) : Optional.empty();
        sketch.ifPresent(
            kept -> {
              sketches.add(kept);
              places.add(row.location());
            });
        return sketch.isPresent();
      }
    }

    /** Takes the prompt of a row to train on. */
    public void training(Row row) {
      long prompt = TextHashes.of(row.prompt());
      if (!row.prompt().isEmpty() && trainingPrompts.add(prompt)) {
        training.add(row);
      }
    }

    /** Takes the prompt of a row to evaluate on. */
    public void heldOut(Row row) {
      long prompt = TextHashes.of(row.prompt());
      if (row.prompt().isEmpty()) {
        return;
      }
      heldOutRows.add(prompt);
      if (heldOutPrompts.add(prompt) && heldOut.add(row)) {
        sketched.add(prompt);
      }
    }

    /** Compares both sides. */
    public PromptOverlap build() {
      int same = (int) heldOutRows.stream().filter(trainingPrompts::contains).count();
      Location[] nearest = new Location[heldOut.sketches.size()];
      for (int band = 0; band < BANDS && nearest.length > 0; band++) {
        match(band, nearest);
      }
      int near = 0;
      List<String> examples = new ArrayList<>();
      for (int i = 0; i < nearest.length; i++) {
        if (nearest[i] != null) {
          near++;
          if (examples.size() < SHOWN) {
            examples.add(heldOut.places.get(i) + " ~ " + nearest[i]);
          }
        }
      }
      int compared = Math.min(MOST, trainingPrompts.size());
      return new PromptOverlap(same, near, examples, compared, trainingPrompts.size());
    }

    /** Compares what agrees in a band; the held-out side is sorted by it for the search. */
    private void match(int band, Location[] nearest) {
      long[] sorted = new long[nearest.length];
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = (key(heldOut.sketches.get(i), band) << 32) | i;
      }
      Arrays.sort(sorted);
      for (int i = 0; i < training.sketches.size(); i++) {
        long key = key(training.sketches.get(i), band);
        int at = Arrays.binarySearch(sorted, key << 32);
        for (at = at < 0 ? -at - 1 : at; at < sorted.length && sorted[at] >> 32 == key; at++) {
          compare(i, (int) sorted[at], nearest);
        }
      }
    }

    private void compare(int trained, int held, Location[] nearest) {
      if (nearest[held] == null
          && !trainingPrompts.contains(sketched.get(held))
          && PromptSketch.agreement(training.sketches.get(trained), heldOut.sketches.get(held))
              >= PromptSketch.NEAR) {
        nearest[held] = training.places.get(trained);
      }
    }

    /** A hash of a band's four numbers, of 31 bits. */
    private static long key(short[] sketch, int band) {
      long hash = 0;
      for (int i = band * BAND; i < (band + 1) * BAND; i++) {
        hash = TextHashes.then(hash, sketch[i]);
      }
      return hash >>> 33;
    }
  }
}
