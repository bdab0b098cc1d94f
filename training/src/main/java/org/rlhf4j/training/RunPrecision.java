package org.rlhf4j.training;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.run.RunDirectory;

/**
 * What {@code --precision auto} is in a run: that of the run that goes on, or whose rollouts are
 * replayed, whatever it computed on; else what suits the device. {@code config.yaml} has the
 * outcome.
 */
final class RunPrecision {
  private static final String SETTING = "precision";
  private static final String REPLAY = "replay";

  private RunPrecision() {}

  /** The configuration with {@code auto} settled. */
  static <C extends Record> C settled(Settings<C> settings, C config, RunDirectory run) {
    Optional<MachineSettings> machine = settings.group(config, MachineSettings.class);
    if (machine.isEmpty() || machine.get().precision() != PrecisionChoice.AUTO) {
      return config;
    }
    PrecisionChoice choice =
        earlier(settings, config, run)
            .orElseGet(() -> PrecisionChoice.AUTO.on(!Placement.chosen().isHost()));
    return ConfigBuilder.copyOf(config).with(MachineSettings::precision, choice).build();
  }

  private static <C extends Record> Optional<PrecisionChoice> earlier(
      Settings<C> settings, C config, RunDirectory run) {
    if (run.resume() && Files.exists(run.config())) {
      return Optional.of(in(run.config()));
    }
    return settings.texts(config).entrySet().stream()
        .filter(setting -> setting.getKey().name().equals(REPLAY))
        .flatMap(setting -> setting.getValue().stream())
        .map(rollouts -> Path.of(rollouts).toAbsolutePath().resolveSibling("config.yaml"))
        .filter(Files::exists)
        .map(RunPrecision::in)
        .findFirst();
  }

  /** A run that doesn't say computed in fp32. */
  private static PrecisionChoice in(Path config) {
    Written.Entry entry = SettingsYaml.read(config).entries().get(SETTING);
    return entry != null
            && entry.value() instanceof Written.Scalar scalar
            && scalar.text().equals("bf16")
        ? PrecisionChoice.BF16
        : PrecisionChoice.FP32;
  }
}
