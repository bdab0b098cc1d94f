package org.rlhf4j.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.rlhf4j.report.Report;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.run.RunDirectory;

/**
 * One stage of a pipeline, its settings bound.
 *
 * @param name what the pipeline calls it, and the folder that it runs in
 * @param type what kind of stage it is
 * @param settings the resolved settings, one line each, as in {@code config.yaml}
 * @param machine what it computes with
 * @param inputs the files and folders that it reads
 * @param work runs it; told whether to resume, and what asks it to stop
 * @param planning tells what it would do, and leaves no folder
 */
public record PipelineStage(
    String name,
    StageType<?> type,
    String settings,
    MachineSettings machine,
    List<Path> inputs,
    Work work,
    Planning planning) {

  /** Runs a stage. */
  @FunctionalInterface
  interface Work {
    void run(boolean resume, StopFlag stop) throws IOException;
  }

  /** Tells what a stage would do. */
  @FunctionalInterface
  interface Planning {
    RunPlan plan() throws IOException;
  }

  /**
   * Makes the stage ready and tells what it would do. It leaves no folder.
   *
   * @throws IOException if a file can't be read
   */
  public RunPlan plan() throws IOException {
    return planning.plan();
  }

  private static final String OUTPUT = "output";
  private static final String RESUME = "resume";

  /**
   * A stage that runs before.
   *
   * @param folder its run directory
   * @param leaves what its model is
   */
  record Earlier(Path folder, StageType.ModelKind leaves) {}

  /** Settings of a stage that are the pipeline's to say. */
  static final List<String> FIXED = List.of(OUTPUT, RESUME);

  private static final Set<String> OWN = Set.of("name", RunDirectory.STAGE);

  /** The defaults of its settings, by name, as {@code config.yaml} writes them. */
  Map<String, String> defaults() {
    return type.settings().specs().stream()
        .filter(spec -> !spec.defaultValue().isEmpty())
        .collect(Collectors.toMap(SettingSpec::name, SettingSpec::defaultValue));
  }

  /**
   * Binds a stage of a pipeline file.
   *
   * @param written the stage's mapping, the pipeline's common settings filled in
   * @param base the folder that relative paths start from
   * @param earlier the stages before, by name
   * @param output this stage's run directory
   */
  static PipelineStage of(
      Written.Mapping written, Path base, Map<String, Earlier> earlier, Path output) {
    Written.Scalar stage = text(written, RunDirectory.STAGE);
    StageType<?> known =
        Stages.named(stage.text())
            .orElseThrow(
                () ->
                    new UsageException(
                        "%s: unknown stage '%s'; did you mean '%s'? Stages are %s"
                            .formatted(
                                stage.where(),
                                stage.text(),
                                NearestName.of(stage.text(), Stages.names()).orElseThrow(),
                                String.join(", ", Stages.names()))));
    try {
      return bind(known, written, base, earlier, output);
    } catch (UsageException e) {
      throw located(e, written);
    }
  }

  /** A refusal that names no place of its own gets the stage's. */
  private static UsageException located(UsageException refusal, Written.Mapping stage) {
    String file = stage.where().replaceFirst(":\\d+:\\d+$", "");
    String message = refusal.getMessage();
    if (message.startsWith(file + ":")) {
      return refusal;
    }
    String name = text(stage, "name").text();
    return new UsageException(stage.where() + ": stage '" + name + "': " + message, refusal);
  }

  private static <S extends Record> PipelineStage bind(
      StageType<S> type,
      Written.Mapping written,
      Path base,
      Map<String, Earlier> earlier,
      Path output) {
    Settings<S> settings = type.settings();
    for (String fixed : FIXED) {
      Written.Entry entry = written.entries().get(fixed);
      if (entry != null) {
        throw new UsageException(
            entry.where() + ": a stage's '" + fixed + "' is set by the pipeline; leave it out");
      }
    }
    requireAll(settings, written);
    List<Path> inputs = new ArrayList<>();
    Written.Mapping bound = resolved(type, written, base, earlier, inputs);
    S values = settings.bind(bound, Map.of(OUTPUT, List.of(output.toString())));
    Work work =
        (resume, stop) -> {
          List<String> folder = List.of(output.toString());
          List<String> goesOn = List.of(Boolean.toString(resume));
          StageRun.train(type, settings.bind(bound, Map.of(OUTPUT, folder, RESUME, goesOn)), stop);
          Report.ofRun(output);
        };
    return new PipelineStage(
        text(written, "name").text(),
        type,
        SettingsYaml.write(settings, values),
        settings.group(values, MachineSettings.class).orElseThrow(),
        List.copyOf(inputs),
        work,
        () -> StageRun.planned(type, settings.bind(bound, Map.of(OUTPUT, List.of(nowhere())))));
  }

  /** A plan leaves no folder, wherever that would be. */
  private static String nowhere() {
    return Path.of(
            System.getProperty("java.io.tmpdir"), "rlhf-plan-" + ProcessHandle.current().pid())
        .toString();
  }

  private static <S extends Record> void requireAll(Settings<S> settings, Written.Mapping written) {
    List<String> missing =
        settings.specs().stream()
            .filter(spec -> spec.required() && !spec.name().equals(OUTPUT))
            .map(SettingSpec::name)
            .filter(name -> !written.entries().containsKey(name))
            .toList();
    if (!missing.isEmpty()) {
      throw new UsageException("needs " + String.join(", ", missing));
    }
  }

  /** The stage's own settings alone, with every path made whole; adds the paths to the inputs. */
  private static Written.Mapping resolved(
      StageType<?> type,
      Written.Mapping written,
      Path base,
      Map<String, Earlier> earlier,
      List<Path> inputs) {
    Written.Mapping resolved = written;
    for (String own : OWN) {
      resolved = resolved.without(own);
    }
    for (SettingSpec spec : type.settings().specs()) {
      Written.Entry entry = written.entries().get(spec.name());
      if (entry != null && spec.valueType() == Path.class) {
        resolved =
            resolved.with(spec.name(), paths(type, spec, entry.value(), base, earlier, inputs));
      } else if (entry != null && spec.valueType() == WeightedProgram.class) {
        resolved =
            resolved.with(spec.name(), PipelineRewards.resolved(entry.value(), base, inputs));
      }
    }
    return resolved;
  }

  /** Paths relative to the pipeline file made whole, and {@code {from: STAGE}} its folder. */
  private static Written paths(
      StageType<?> type,
      SettingSpec spec,
      Written value,
      Path base,
      Map<String, Earlier> earlier,
      List<Path> inputs) {
    if (value instanceof Written.Sequence sequence) {
      List<Written> items =
          sequence.items().stream()
              .map(item -> paths(type, spec, item, base, earlier, inputs))
              .toList();
      return new Written.Sequence(items, sequence.where());
    }
    if (value instanceof Written.Mapping mapping) {
      Path folder = folderOf(text(mapping, "from"), type.needs().get(spec.name()), earlier);
      inputs.add(folder.resolve("model"));
      return new Written.Scalar(folder.toString(), mapping.where());
    }
    if (value instanceof Written.Scalar scalar) {
      Path path = path(spec, scalar, base);
      inputs.add(path);
      return new Written.Scalar(path.toString(), scalar.where());
    }
    return value;
  }

  private static Path path(SettingSpec spec, Written.Scalar written, Path base) {
    Path path = base.resolve(written.text()).normalize();
    if (Files.exists(path)) {
      return path;
    }
    Path given = Path.of(written.text());
    Path local = HubPaths.ofProcess().local(spec, given);
    if (local.equals(given)) {
      throw new UsageException(
          "%s: %s: no such file or folder; a path is relative to the pipeline file"
              .formatted(written.where(), path));
    }
    return local;
  }

  /** The folder of the stage before that a setting names; it has to leave what is needed. */
  private static Path folderOf(
      Written.Scalar from, Set<StageType.ModelKind> needed, Map<String, Earlier> earlier) {
    Earlier stage = earlier.get(from.text());
    if (stage == null) {
      String hint =
          NearestName.of(from.text(), earlier.keySet())
              .map(nearest -> "; did you mean '" + nearest + "'?")
              .orElse("; this is the first, and stages run in the file's order");
      throw new UsageException(
          from.where() + ": no stage '" + from.text() + "' before this one" + hint);
    }
    if (needed != null && !needed.contains(stage.leaves())) {
      String words =
          needed.stream().map(StageType.ModelKind::words).collect(Collectors.joining(" or a "));
      throw new UsageException(
          "%s: stage '%s' leaves a %s; name one that leaves a %s"
              .formatted(from.where(), from.text(), stage.leaves().words(), words));
    }
    return stage.folder();
  }

  /** A scalar that must be there. */
  static Written.Scalar text(Written.Mapping mapping, String key) {
    Written.Entry entry = mapping.entries().get(key);
    if (entry == null || !(entry.value() instanceof Written.Scalar scalar)) {
      throw new UsageException(mapping.where() + ": '" + key + ": …' is missing");
    }
    return scalar;
  }
}
