package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

/**
 * Holds a run that goes on to the settings with which it began, so that its numbers are theirs.
 * What may change is declared with each setting: {@code @Setting(resumable = true)}.
 */
final class ResumedSettings {

  private ResumedSettings() {}

  /**
   * Compares settings with those in a run's {@code config.yaml}.
   *
   * @param config the file
   * @param stage the stage that goes on
   * @param settings what the record declares
   * @param now the record
   * @param inputs what the run read by content; what that knows may lie elsewhere now
   * @throws UsageException if the run is of another stage, or where one differs that numbers depend
   *     on, naming it and both values
   */
  static <T extends Record> void require(
      Path config, String stage, Settings<T> settings, T now, Optional<RunInputs> inputs)
      throws IOException {
    Map<SettingSpec, List<String>> before =
        settings.texts(settings.bind(settingsOf(stage, config), Map.of()));
    for (Map.Entry<SettingSpec, List<String>> entry : settings.texts(now).entrySet()) {
      SettingSpec spec = entry.getKey();
      List<String> was = before.get(spec);
      boolean byContent = inputs.isPresent() && inputs.get().knows(spec.name());
      if (!spec.resumable() && !same(spec, was, entry.getValue(), byContent)) {
        throw new UsageException(
            ("%s: --resume needs the settings with which the run began, but %s was %s and is now"
                    + " %s; set it back, or choose another --output")
                .formatted(config, spec.name(), shown(was), shown(entry.getValue())));
      }
    }
  }

  /** The settings in the file, which may be of before configurations named their stage. */
  private static Written.Mapping settingsOf(String stage, Path config) {
    Written.Mapping file = SettingsYaml.read(config);
    Written.Entry named = file.entries().get(RunDirectory.STAGE);
    if (named != null
        && named.value() instanceof Written.Scalar written
        && !written.text().equals(stage)) {
      throw new UsageException(
          "%s: holds a run of %s, not of %s; choose another --output"
              .formatted(config, written.text(), stage));
    }
    return file.without(RunDirectory.STAGE);
  }

  /** Files and folders are the same however they are written; those known by content anywhere. */
  private static boolean same(
      SettingSpec spec, List<String> was, List<String> is, boolean byContent) throws IOException {
    if (spec.valueType() != Path.class || was.size() != is.size()) {
      return was.equals(is);
    }
    for (int i = 0; i < is.size(); i++) {
      Path before = Path.of(was.get(i));
      Path now = Path.of(is.get(i));
      if (!byContent
          && !before.equals(now)
          && !(Files.exists(before) && Files.exists(now) && Files.isSameFile(before, now))) {
        return false;
      }
    }
    return true;
  }

  private static String shown(List<String> texts) {
    return texts.isEmpty() ? "not set" : String.join(" ", texts);
  }
}
