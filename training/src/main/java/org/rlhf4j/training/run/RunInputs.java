package org.rlhf4j.training.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.model.adapter.AdapterFolder;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * What a run reads, by content: rows and models. A run goes on only with the same content, wherever
 * it lies by then.
 *
 * @param bySetting the files and folders of each setting that names some, in its order
 */
record RunInputs(Map<String, List<Input>> bySetting) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** What follows a setting's name where the base of its adapter is meant. */
  private static final String BASE = " (its base)";

  /**
   * A file or a folder.
   *
   * @param path where it lay
   * @param sha256 of its content; null if that can't be read twice
   */
  record Input(String path, String sha256) {}

  /** What a run with these settings reads. */
  static <T extends Record> RunInputs of(Settings<T> settings, T values) throws IOException {
    Map<String, List<Input>> bySetting = new LinkedHashMap<>();
    for (Map.Entry<SettingSpec, List<String>> setting : settings.texts(values).entrySet()) {
      SettingSpec spec = setting.getKey();
      if (spec.valueType() != Path.class || spec.resumable()) {
        continue;
      }
      for (String text : setting.getValue()) {
        add(bySetting, spec.name(), Path.of(text));
        Optional<Path> base = spec.model() ? baseOf(Path.of(text)) : Optional.empty();
        if (base.isPresent()) {
          add(bySetting, spec.name() + BASE, base.get());
        }
      }
    }
    return new RunInputs(bySetting);
  }

  private static void add(Map<String, List<Input>> bySetting, String name, Path path)
      throws IOException {
    bySetting
        .computeIfAbsent(name, none -> new ArrayList<>())
        .add(new Input(path.toString(), ContentHash.of(path).orElse(null)));
  }

  private static Optional<Path> baseOf(Path model) {
    if (!Files.isDirectory(model)) {
      return Optional.empty();
    }
    Path folder = ModelPath.resolve(model);
    return ModelPath.isAdapter(folder)
        ? Optional.of(AdapterFolder.open(folder).base())
        : Optional.empty();
  }

  /** What was written; empty if there is no such file, as earlier versions left none. */
  static Optional<RunInputs> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new RunInputs(
              JSON.readValue(
                  file.toFile(), new TypeReference<LinkedHashMap<String, List<Input>>>() {})));
    } catch (JsonProcessingException e) {
      throw new UserException(
          file + ": isn't what a run writes there; delete it to go on without comparing inputs", e);
    }
  }

  void write(Path file) throws IOException {
    AtomicFiles.writeString(file, JSON.writeValueAsString(bySetting) + "\n");
  }

  /** Whether the content of all that a setting names is known, so that its paths don't matter. */
  boolean knows(String setting) {
    return bySetting.getOrDefault(setting, List.of()).stream()
        .allMatch(input -> input.sha256() != null);
  }

  /**
   * Makes sure that the content is still the same.
   *
   * @param now what the run would read now
   * @param run the run directory, for the message
   * @throws UsageException naming the first input with another content
   */
  void requireSame(RunInputs now, Path run) {
    bySetting.forEach(
        (setting, inputs) -> {
          List<Input> others = now.bySetting().getOrDefault(setting, List.of());
          for (int i = 0; i < Math.min(inputs.size(), others.size()); i++) {
            requireSame(setting, inputs.get(i), others.get(i), run);
          }
        });
  }

  private static void requireSame(String setting, Input before, Input now, Path run) {
    if (before.sha256() != null && now.sha256() != null && !before.sha256().equals(now.sha256())) {
      throw new UsageException(
          ("%s: --%s has another content than when the run in %s began; put the old content back"
                  + " to --resume, or choose another --output")
              .formatted(now.path(), setting, run));
    }
  }
}
