package org.rlhf4j.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

/**
 * A pipeline file: stages in order. What stands beside {@code stages} ({@code seed}, {@code
 * threads}, {@code device}, {@code precision}) holds for every stage that doesn't say otherwise.
 *
 * @param stages in order, their settings bound
 */
public record Pipeline(List<PipelineStage> stages) {
  private static final String STAGES = "stages";

  /** What can stand beside the stages, in the order in which it is told. */
  static final List<String> COMMON = List.of("seed", "threads", "device", "precision");

  private static final Set<String> RESERVED = Set.of("pipeline", "report.html");

  /**
   * Reads a pipeline and binds all its stages, so that a mistake in the last one is found before
   * the first one runs.
   *
   * @param file the YAML file; paths in it are relative to its folder
   * @param output the folder whose subfolders the stages run in
   * @param overrides settings of {@link #COMMON} that hold for every stage, whatever the file says
   * @throws UsageException where something is unknown, missing or wrong, with its place
   */
  public static Pipeline read(Path file, Path output, Map<String, String> overrides) {
    Written.Mapping written = SettingsYaml.read(file);
    Path base = file.toAbsolutePath().normalize().getParent();
    Map<String, PipelineStage.Earlier> earlier = new LinkedHashMap<>();
    List<PipelineStage> stages = new ArrayList<>();
    for (Written item : items(written, file)) {
      if (!(item instanceof Written.Mapping stage)) {
        throw new UsageException(item.where() + ": expected a stage, 'name: …' and 'stage: …'");
      }
      Written.Scalar name = PipelineStage.text(stage, "name");
      checkName(name, earlier);
      Path folder = output.resolve(name.text());
      PipelineStage bound =
          PipelineStage.of(withCommon(stage, written, overrides), base, earlier, folder);
      stages.add(bound);
      earlier.put(name.text(), new PipelineStage.Earlier(folder, bound.type().leaves()));
    }
    Pipeline pipeline = new Pipeline(List.copyOf(stages));
    pipeline.checkThreads(file);
    return pipeline;
  }

  private static void checkName(Written.Scalar name, Map<String, ?> taken) {
    if (!name.text().matches("[A-Za-z0-9][A-Za-z0-9._-]*") || RESERVED.contains(name.text())) {
      throw new UsageException(
          name.where()
              + ": '"
              + name.text()
              + "' can't be the name of a stage: the stage's folder gets this name");
    }
    if (taken.containsKey(name.text())) {
      throw new UsageException(
          name.where()
              + ": an earlier stage has the name '"
              + name.text()
              + "'; give each stage its own name");
    }
  }

  private static List<Written> items(Written.Mapping written, Path file) {
    List<String> known = new ArrayList<>(List.of(STAGES));
    known.addAll(COMMON);
    written
        .entries()
        .forEach(
            (name, entry) -> {
              if (!known.contains(name)) {
                throw new UsageException(
                    "%s: unknown '%s'; did you mean '%s'? A pipeline has %s"
                        .formatted(
                            entry.where(),
                            name,
                            NearestName.of(name, known).orElse(STAGES),
                            String.join(", ", known)));
              }
            });
    Written.Entry stages = written.entries().get(STAGES);
    if (stages == null
        || !(stages.value() instanceof Written.Sequence sequence)
        || sequence.items().isEmpty()) {
      throw new UsageException(file + ": 'stages:' must list at least one stage");
    }
    return sequence.items();
  }

  private static Written.Mapping withCommon(
      Written.Mapping stage, Written.Mapping pipeline, Map<String, String> overrides) {
    Written.Mapping filled = stage;
    for (String name : COMMON) {
      Written.Entry entry = pipeline.entries().get(name);
      if (overrides.containsKey(name)) {
        filled = filled.with(name, new Written.Scalar(overrides.get(name), "--" + name));
      } else if (entry != null && !stage.entries().containsKey(name)) {
        filled = filled.with(name, entry.value());
      }
    }
    return filled;
  }

  /** All stages run in one process, whose engine takes its threads once. */
  private void checkThreads(Path file) {
    if (stages.stream().map(stage -> stage.machine().threads()).distinct().count() > 1) {
      throw new UsageException(
          file + ": 'threads' differs between stages; set it once, beside 'stages'");
    }
  }

  /** What the engine is told for all stages. */
  public MachineSettings machine() {
    return stages.get(0).machine();
  }
}
