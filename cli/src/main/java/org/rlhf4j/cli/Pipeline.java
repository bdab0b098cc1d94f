package org.rlhf4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.training.settings.SettingsYaml;
import org.rlhf4j.training.settings.Written;

/**
 * A pipeline file: stages in order. What stands beside {@code stages} ({@code seed}, {@code
 * threads}, {@code device}, {@code precision}) holds for every stage that doesn't say otherwise.
 *
 * @param stages in order, their settings bound
 */
record Pipeline(List<PipelineStage> stages) {
  private static final String STAGES = "stages";
  private static final Set<String> COMMON = Set.of("seed", "threads", "device", "precision");

  /**
   * Reads a pipeline and binds all its stages, so that a mistake in the last one is found before
   * the first one runs.
   *
   * @param file the YAML file; paths in it are relative to its folder
   * @param output the folder whose subfolders the stages run in
   * @throws UsageException where something is unknown, missing or wrong, with its place
   */
  static Pipeline read(Path file, Path output) {
    Written.Mapping written = SettingsYaml.read(file);
    Path base = file.toAbsolutePath().normalize().getParent();
    Map<String, Path> folders = new LinkedHashMap<>();
    List<PipelineStage> stages = new ArrayList<>();
    for (Written item : items(written, file)) {
      if (!(item instanceof Written.Mapping stage)) {
        throw new UsageException(item.where() + ": expected a stage, 'name: …' and 'stage: …'");
      }
      String name = PipelineStage.text(stage, "name");
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || folders.containsKey(name)) {
        throw new UsageException(
            stage.where() + ": '" + name + "' can't name a stage (a folder's name, used once)");
      }
      Path folder = output.resolve(name);
      stages.add(PipelineStage.of(withCommon(stage, written), base, folders, folder));
      folders.put(name, folder);
    }
    return new Pipeline(List.copyOf(stages));
  }

  private static List<Written> items(Written.Mapping written, Path file) {
    for (Map.Entry<String, Written.Entry> entry : written.entries().entrySet()) {
      if (!entry.getKey().equals(STAGES) && !COMMON.contains(entry.getKey())) {
        throw new UsageException(
            entry.getValue().where()
                + ": unknown '"
                + entry.getKey()
                + "'; a pipeline has stages, seed, threads, device, precision");
      }
    }
    Written.Entry stages = written.entries().get(STAGES);
    if (stages == null
        || !(stages.value() instanceof Written.Sequence sequence)
        || sequence.items().isEmpty()) {
      throw new UsageException(file + ": 'stages:' must list at least one stage");
    }
    return sequence.items();
  }

  private static Written.Mapping withCommon(Written.Mapping stage, Written.Mapping pipeline) {
    Written.Mapping filled = stage;
    for (String name : COMMON) {
      Written.Entry entry = pipeline.entries().get(name);
      if (entry != null && !stage.entries().containsKey(name)) {
        filled = filled.with(name, entry.value());
      }
    }
    return filled;
  }
}
