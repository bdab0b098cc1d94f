package org.rlhf4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import org.rlhf4j.training.settings.NearestName;
import org.rlhf4j.training.settings.SettingSpec;
import org.rlhf4j.training.settings.Settings;
import org.rlhf4j.training.settings.SettingsYaml;
import org.rlhf4j.training.settings.Written;

/**
 * One stage of a pipeline, its settings bound.
 *
 * @param name what the pipeline calls it, and the folder that it runs in
 * @param settings the resolved settings, one line each, without those of the run itself
 * @param inputs the files and folders that it reads
 * @param work runs it; told whether to resume
 */
record PipelineStage(String name, String settings, List<Path> inputs, Work work) {

  /** Runs a stage. */
  @FunctionalInterface
  interface Work {
    void run(boolean resume) throws IOException;
  }

  /** Runs a stage from its settings. */
  @FunctionalInterface
  private interface Runner<S> {
    void run(S settings) throws IOException;
  }

  private record Kind<S extends Record>(Class<S> type, Runner<S> runner) {}

  private static final Map<String, Kind<?>> KINDS = kinds();
  private static final String OUTPUT = "output";
  private static final String RESUME = "resume";
  private static final Set<String> OWN = Set.of("name", "stage");

  private static Map<String, Kind<?>> kinds() {
    Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    kinds.put("sft", new Kind<>(SftConfig.class, SftStage::run));
    kinds.put("reward", new Kind<>(RewardConfig.class, RewardStage::run));
    kinds.put("ppo", new Kind<>(PpoConfig.class, PpoStage::run));
    kinds.put("grpo", new Kind<>(GrpoConfig.class, GrpoStage::run));
    return kinds;
  }

  /**
   * Binds a stage of a pipeline file.
   *
   * @param written the stage's mapping, the pipeline's common settings filled in
   * @param base the folder that relative paths start from
   * @param folders the run directories of the stages before, by name
   * @param output this stage's run directory
   */
  static PipelineStage of(
      Written.Mapping written, Path base, Map<String, Path> folders, Path output) {
    String kind = text(written, "stage");
    Kind<?> known = KINDS.get(kind);
    if (known == null) {
      throw new UsageException(
          "%s: unknown stage '%s'; did you mean %s? Stages are %s"
              .formatted(
                  written.where(),
                  kind,
                  NearestName.of(kind, KINDS.keySet()).orElse("sft"),
                  String.join(", ", KINDS.keySet())));
    }
    return bind(known, written, base, folders, output);
  }

  private static <S extends Record> PipelineStage bind(
      Kind<S> kind, Written.Mapping written, Path base, Map<String, Path> folders, Path output) {
    Settings<S> settings = Settings.of(kind.type());
    Written.Mapping resolved = written;
    List<Path> inputs = new ArrayList<>();
    for (String own : OWN) {
      resolved = resolved.without(own);
    }
    for (SettingSpec spec : settings.specs()) {
      Written.Entry entry = written.entries().get(spec.name());
      if (entry != null && spec.name().equals(OUTPUT)) {
        throw new UsageException(entry.where() + ": a stage's output is DIR/NAME; leave it out");
      }
      if (entry != null && spec.valueType() == Path.class) {
        Written paths = paths(entry.value(), base, folders, inputs);
        resolved = resolved.with(spec.name(), paths);
      }
    }
    Written.Mapping bound = resolved;
    S values = settings.bind(bound, Map.of(OUTPUT, List.of(output.toString())));
    Work work =
        resume ->
            kind.runner()
                .run(
                    settings.bind(
                        bound,
                        Map.of(
                            OUTPUT,
                            List.of(output.toString()),
                            RESUME,
                            List.of(Boolean.toString(resume)))));
    return new PipelineStage(
        text(written, "name"), SettingsYaml.write(settings, values), inputs, work);
  }

  /** Paths relative to the pipeline file made whole, and {@code {from: STAGE}} its folder. */
  private static Written paths(
      Written value, Path base, Map<String, Path> folders, List<Path> inputs) {
    if (value instanceof Written.Sequence sequence) {
      List<Written> items =
          sequence.items().stream().map(item -> paths(item, base, folders, inputs)).toList();
      return new Written.Sequence(items, sequence.where());
    }
    if (value instanceof Written.Mapping mapping) {
      String from = text(mapping, "from");
      Path folder = folders.get(from);
      if (folder == null) {
        throw new UsageException(
            mapping.where()
                + ": no stage '"
                + from
                + "' before this one; name one of "
                + folders.keySet());
      }
      inputs.add(folder.resolve("model"));
      return new Written.Scalar(folder.toString(), mapping.where());
    }
    if (value instanceof Written.Scalar scalar) {
      Path path = base.resolve(scalar.text()).normalize();
      inputs.add(path);
      return new Written.Scalar(path.toString(), scalar.where());
    }
    return value;
  }

  /** A scalar that must be there. */
  static String text(Written.Mapping mapping, String key) {
    Written.Entry entry = mapping.entries().get(key);
    if (entry == null || !(entry.value() instanceof Written.Scalar scalar)) {
      throw new UsageException(mapping.where() + ": '" + key + ": …' is missing");
    }
    return scalar.text();
  }
}
