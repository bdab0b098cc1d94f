package org.rlhf4j.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UserException;

/**
 * The checkpoints of a run: {@code checkpoints/step-N/}, each written beside, synced, then renamed,
 * so whatever carries such a name is complete. Beside the stage's own files each has a {@code
 * state.json} with the step and the stage's counters, and a {@code manifest.json} with checksums.
 * One that was damaged later is named, and the newest sound one before it is taken.
 */
public final class Checkpoints {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,9})");
  private static final String DAMAGED = ".damaged";

  /** The file with the step and the counters. */
  static final String STATE = "state.json";

  private final Path folder;
  private final int keep;
  private int spared;

  /**
   * Opens the checkpoints of a run, made where there are none, and deletes half-written ones.
   *
   * @param folder the folder of the checkpoints
   * @param keep how many of the newest stay, at least 1
   * @throws IOException when the folder can't be made or cleaned
   */
  public Checkpoints(Path folder, int keep) throws IOException {
    if (keep < 1) {
      throw new IllegalArgumentException("keep at least one checkpoint, not " + keep);
    }
    this.folder = Files.createDirectories(folder);
    this.keep = keep;
    AtomicFiles.deletePartial(folder);
  }

  /**
   * What a checkpoint holds beside tensors.
   *
   * @param step the last step that it contains, from 1
   * @param counters the stage's own numbers, such as an adaptive KL coefficient, by name; kept
   *     exactly
   */
  public record State(int step, Map<String, Double> counters) {
    /** Copies the counters, ordered by name. */
    public State {
      counters = counters == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(counters));
    }
  }

  /**
   * A complete checkpoint.
   *
   * @param folder where its files are
   * @param state its step and counters
   */
  public record Checkpoint(Path folder, State state) {}

  /**
   * Keeps a checkpoint however old it gets, and no longer the one that was spared before.
   *
   * @param step its step
   */
  public void spare(int step) {
    spared = step;
  }

  /**
   * Writes a checkpoint, then deletes those that are older than the newest ones to keep, but for
   * the spared one.
   *
   * @param state step and counters
   * @param filler writes the stage's files into the folder that it is given
   * @throws IOException when it can't be written; the older checkpoints are then untouched
   */
  public void save(State state, AtomicFiles.Filler filler) throws IOException {
    AtomicFiles.writeFolder(
        folder.resolve("step-" + state.step()),
        partial -> {
          filler.fill(partial);
          Files.writeString(partial.resolve(STATE), JSON.writeValueAsString(state));
          CheckpointManifest.write(state.step(), partial);
        });
    List<Path> newestFirst = newestFirst();
    for (Path old : newestFirst.subList(Math.min(keep, newestFirst.size()), newestFirst.size())) {
      if (stepOf(old) != spared) {
        AtomicFiles.deleteFolder(old);
      }
    }
  }

  /**
   * The newest checkpoint that is as it was written. Damaged ones that are newer get the ending
   * {@code .damaged}, so that they take no place among those to keep.
   *
   * @param damaged takes a line for each of them
   * @return it, or empty where there is none at all
   * @throws IOException when the folder can't be read
   * @throws UserException when there are checkpoints and all are damaged
   */
  public Optional<Checkpoint> newestSound(Consumer<String> damaged) throws IOException {
    Map<Path, String> faults = new LinkedHashMap<>();
    for (Path path : newestFirst()) {
      Optional<String> fault = fault(path);
      if (fault.isEmpty()) {
        for (Map.Entry<Path, String> faulty : faults.entrySet()) {
          damaged.accept(
              "%s: this checkpoint is damaged (%s); going on from %s"
                  .formatted(faulty.getKey(), faulty.getValue(), path.getFileName()));
          setAside(faulty.getKey());
        }
        return Optional.of(new Checkpoint(path, state(path)));
      }
      faults.put(path, fault.get());
    }
    if (!faults.isEmpty()) {
      Map.Entry<Path, String> newest = faults.entrySet().iterator().next();
      throw new UserException(
          ("%s: this checkpoint is damaged (%s), and there is no sound one; put it back from a"
                  + " copy, or delete %s to begin at the start")
              .formatted(newest.getKey(), newest.getValue(), folder));
    }
    return Optional.empty();
  }

  /**
   * Whether there is a checkpoint of a step, sound or not.
   *
   * @param step the step
   * @throws IOException when the folder can't be read
   */
  public boolean has(int step) throws IOException {
    return newestFirst().stream().anyMatch(path -> stepOf(path) == step);
  }

  /**
   * The checkpoint of a step.
   *
   * @param step the step
   * @return it, or empty where there is none
   * @throws IOException when the folder can't be read
   * @throws UserException when it is damaged
   */
  public Optional<Checkpoint> at(int step) throws IOException {
    Optional<Path> found = newestFirst().stream().filter(path -> stepOf(path) == step).findFirst();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Path path = found.get();
    Optional<String> fault = fault(path);
    if (fault.isPresent()) {
      throw new UserException(
          "%s: this checkpoint is damaged (%s); put it back from a copy"
              .formatted(path, fault.get()));
    }
    return Optional.of(new Checkpoint(path, state(path)));
  }

  /** What is damaged in a checkpoint; empty if nothing is. */
  private static Optional<String> fault(Path checkpoint) {
    Optional<String> damage = CheckpointManifest.damage(stepOf(checkpoint), checkpoint);
    if (damage.isPresent()) {
      return damage;
    }
    try {
      int step = state(checkpoint).step();
      return step == stepOf(checkpoint)
          ? Optional.empty()
          : Optional.of(STATE + " is of step " + step);
    } catch (IOException e) {
      return Optional.of(STATE + " can't be read");
    }
  }

  private static State state(Path checkpoint) throws IOException {
    return JSON.readValue(Files.readString(checkpoint.resolve(STATE)), State.class);
  }

  private static void setAside(Path checkpoint) throws IOException {
    Path aside = checkpoint.resolveSibling(checkpoint.getFileName() + DAMAGED);
    AtomicFiles.deleteFolder(aside);
    Files.move(checkpoint, aside);
  }

  private List<Path> newestFirst() throws IOException {
    return AtomicFiles.list(folder).stream()
        .filter(path -> Files.isDirectory(path) && stepOf(path) > 0)
        .sorted(Comparator.comparingInt(Checkpoints::stepOf).reversed())
        .toList();
  }

  private static int stepOf(Path checkpoint) {
    Matcher matcher = NAME.matcher(checkpoint.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }
}
