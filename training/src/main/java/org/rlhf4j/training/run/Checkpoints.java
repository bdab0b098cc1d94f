package org.rlhf4j.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UserException;

/**
 * The checkpoints of a run: {@code checkpoints/step-N/}, each written beside, synced, then renamed,
 * so whatever carries such a name is complete. Beside the stage's own files each has a {@code
 * state.json} with the step and the stage's counters.
 */
public final class Checkpoints {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,9})");
  private static final String STATE = "state.json";

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
      counters = Collections.unmodifiableMap(new TreeMap<>(counters));
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
          JSON.writeValue(partial.resolve(STATE).toFile(), state);
        });
    List<Path> newestFirst = newestFirst();
    for (Path old : newestFirst.subList(Math.min(keep, newestFirst.size()), newestFirst.size())) {
      if (stepOf(old) != spared) {
        AtomicFiles.deleteFolder(old);
      }
    }
  }

  /**
   * The newest complete checkpoint.
   *
   * @return it, or empty where there is none
   * @throws IOException when the folder can't be read
   * @throws UserException when its state is damaged
   */
  public Optional<Checkpoint> newestComplete() throws IOException {
    List<Path> newestFirst = newestFirst();
    if (newestFirst.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(read(newestFirst.get(0)));
  }

  /**
   * The complete checkpoint of a step.
   *
   * @param step the step
   * @return it, or empty where there is none
   * @throws IOException when the folder can't be read
   * @throws UserException when its state is damaged
   */
  public Optional<Checkpoint> at(int step) throws IOException {
    return newestFirst().stream()
        .filter(path -> stepOf(path) == step)
        .findFirst()
        .map(Checkpoints::read);
  }

  private static Checkpoint read(Path folder) {
    Path file = folder.resolve(STATE);
    try {
      return new Checkpoint(folder, JSON.readValue(file.toFile(), State.class));
    } catch (IOException e) {
      throw new UserException(
          file + ": can't be read; delete " + folder + " to continue from the checkpoint before it",
          e);
    }
  }

  private List<Path> newestFirst() throws IOException {
    return AtomicFiles.list(folder).stream()
        .filter(path -> Files.isRegularFile(path.resolve(STATE)) && stepOf(path) > 0)
        .sorted(Comparator.comparingInt(Checkpoints::stepOf).reversed())
        .toList();
  }

  private static int stepOf(Path checkpoint) {
    Matcher matcher = NAME.matcher(checkpoint.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }
}
