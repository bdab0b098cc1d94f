package org.rlhf4j.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

/**
 * Reward programs in a pipeline file: their paths are relative to it, and commands run beside it.
 */
final class PipelineRewards {
  private PipelineRewards() {}

  /**
   * Programs with their paths made whole.
   *
   * @param written one program or a list of them, each as text or as a mapping
   * @param base the pipeline file's folder
   * @param inputs takes what they read
   * @return the programs as text; what can't be read stays for the settings to refuse
   */
  static Written resolved(Written written, Path base, List<Path> inputs) {
    if (written instanceof Written.Sequence sequence) {
      List<Written> items =
          sequence.items().stream().map(item -> resolved(item, base, inputs)).toList();
      return new Written.Sequence(items, sequence.where());
    }
    Optional<WeightedProgram> program = program(written);
    if (program.isEmpty()) {
      return written;
    }
    WeightedProgram resolved = program.get().in(base);
    resolved.inputs().forEach(input -> inputs.add(existing(input, written)));
    return new Written.Scalar(resolved.toString(), written.where());
  }

  private static Optional<WeightedProgram> program(Written written) {
    try {
      if (written instanceof Written.Scalar scalar) {
        return Optional.of(WeightedProgram.parse(scalar.text()));
      }
      return written instanceof Written.Mapping mapping
          ? fields(mapping).map(WeightedProgram::parse)
          : Optional.empty();
    } catch (UsageException e) {
      return Optional.empty();
    }
  }

  private static Optional<Map<String, String>> fields(Written.Mapping mapping) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (Map.Entry<String, Written.Entry> entry : mapping.entries().entrySet()) {
      if (!(entry.getValue().value() instanceof Written.Scalar scalar)) {
        return Optional.empty();
      }
      fields.put(entry.getKey(), scalar.text());
    }
    return Optional.of(fields);
  }

  private static Path existing(Path input, Written written) {
    if (!Files.exists(input)) {
      throw new UsageException(
          "%s: %s: no such file or folder; a path is relative to the pipeline file"
              .formatted(written.where(), input));
    }
    return input;
  }
}
