package org.rlhf4j.studio.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.training.run.ContentHash;
import org.rlhf4j.training.run.FileFault;
import org.rlhf4j.training.run.RunDirectory;

/**
 * The folder of a training before it runs: the labels as they are at this moment, and the pipeline
 * file.
 *
 * @param folder where they are
 * @param labels SHA-256 of the rows that it learns from
 * @param learnt how many these are
 * @param kept rows that are kept back
 * @param items that those rows are made of
 */
record Snapshot(Path folder, String labels, int learnt, int kept, Set<Long> items) {

  /** The rows that it learns from. */
  static final String LABELS = "labels.jsonl";

  /** The rows that are kept back to judge it. */
  static final String KEPT = "kept.jsonl";

  /** What {@code rlhf run} takes. */
  static final String PIPELINE = "pipeline.yaml";

  /** The name of the pipeline's stage. */
  static final String STAGE = "reward";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Rows on their way into the two files. */
  private static final class Rows {
    private final Writer labels;
    private final Writer kept;
    private final KeptPrompts keptPrompts;
    private final Set<Long> items = new HashSet<>();
    private int learntRows;
    private int keptRows;

    Rows(Writer labels, Writer kept, KeptPrompts keptPrompts) {
      this.labels = labels;
      this.kept = kept;
      this.keptPrompts = keptPrompts;
    }

    void take(Item item, ObjectNode row) {
      try {
        if (keptPrompts.has(item.prompt())) {
          kept.write(row + "\n");
          keptRows++;
        } else {
          labels.write(row + "\n");
          learntRows++;
          items.add(item.id());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Writes the labels of a project that count.
   *
   * @param store where they are
   * @param project whose
   * @param under the folder that gets a folder for this training
   * @param keptPrompts whose labels are kept back
   * @throws UserException if there is nothing to learn from, or it can't be written
   */
  static Snapshot write(Store store, Project project, Path under, KeptPrompts keptPrompts) {
    Path folder = null;
    try {
      folder = freshFolder(under, project);
      Snapshot snapshot = writeRows(store, project, folder, keptPrompts);
      if (snapshot.learnt() == 0) {
        throw new UserException(nothing(project, snapshot.kept()));
      }
      return snapshot;
    } catch (UserException e) {
      delete(folder);
      throw e;
    } catch (IOException e) {
      delete(folder);
      throw new UserException(
          under + ": the labels can't be written there (" + FileFault.reason(e) + ")", e);
    }
  }

  private static String nothing(Project project, int kept) {
    return kept == 0
        ? "project '" + project.name() + "' has no label yet that a reward model learns from"
        : String.format(
            Locale.ROOT,
            "all %,d labels of project '%s' are kept back to judge; label some more",
            kept,
            project.name());
  }

  private static Snapshot writeRows(
      Store store, Project project, Path folder, KeptPrompts keptPrompts) throws IOException {
    Rows rows;
    try (Writer labels = Files.newBufferedWriter(folder.resolve(LABELS));
        Writer kept = Files.newBufferedWriter(folder.resolve(KEPT))) {
      rows = new Rows(labels, kept, keptPrompts);
      Export.ofItems(store, project, Export.Choices.USUAL, rows::take);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    String hash = ContentHash.of(folder.resolve(LABELS)).orElseThrow();
    return new Snapshot(folder, hash, rows.learntRows, rows.keptRows, rows.items);
  }

  /** The first free number of the project. */
  private static Path freshFolder(Path under, Project project) throws IOException {
    String slug = project.name().replaceAll("[^A-Za-z0-9._-]", "-");
    Files.createDirectories(under);
    for (int number = 1; ; number++) {
      try {
        return Files.createDirectory(under.resolve(slug + "-" + number));
      } catch (FileAlreadyExistsException e) {
        // the next number is tried
      }
    }
  }

  private static void delete(Path folder) {
    try {
      if (folder != null) {
        RunDirectory.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes the pipeline file.
   *
   * @param project whose labels they are
   * @param recipe how it goes
   * @param judgeData rows to judge on, or null for those kept back
   * @param machine what it computes with
   */
  void writePipeline(Project project, Recipe recipe, Path judgeData, MachineSettings machine) {
    StringBuilder text = new StringBuilder();
    text.append("# A reward model from the labels of project ").append(quoted(project.name()));
    text.append(". Written by rlhf studio; 'rlhf run' runs it.\n");
    text.append("seed: ").append(machine.seed()).append('\n');
    text.append("device: ").append(written(machine.device())).append('\n');
    text.append("precision: ").append(written(machine.precision())).append('\n');
    if (machine.threads() != null) {
      text.append("threads: ").append(machine.threads()).append('\n');
    }
    text.append("stages:\n  - name: ").append(STAGE).append("\n    stage: reward\n");
    text.append("    model: ").append(quoted(recipe.base())).append('\n');
    text.append("    data: ").append(LABELS).append('\n');
    if (judgeData != null) {
      text.append("    eval-data: ").append(quoted(whole(judgeData))).append('\n');
    } else {
      text.append(kept > 0 ? "    eval-data: " + KEPT + "\n" : "    eval-fraction: 0\n");
    }
    text.append("    batch-size: ").append(recipe.batchSize()).append('\n');
    text.append("    steps: ").append(recipe.steps(learnt)).append('\n');
    text.append("    learning-rate: ").append(recipe.learningRate()).append('\n');
    try {
      Files.writeString(folder.resolve(PIPELINE), text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UserException(
          folder + ": the pipeline can't be written (" + FileFault.reason(e) + ")", e);
    }
  }

  private static String whole(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  private static String written(Object choice) {
    return choice.toString().toLowerCase(Locale.ROOT);
  }

  /** A JSON string is one of YAML too. */
  private static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
