package org.rlhf4j.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.hub.Hub;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.hub.HubFile;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.DownloadLine;

/**
 * Settings that name a model or a data file of the hub, made local before a command begins. What is
 * here wins: a model's id is one only where no folder has its name.
 */
public final class HubPaths {

  private final Supplier<Hub> hub;

  /**
   * Paths by way of a hub.
   *
   * @param hub made when something is asked of it
   */
  public HubPaths(Supplier<Hub> hub) {
    this.hub = hub;
  }

  /** Of the hub as this process's environment has it; downloads are shown. */
  public static HubPaths ofProcess() {
    return new HubPaths(
        () -> new Hub(HubEnvironment.ofProcess(), new DownloadLine(Display.stderr())));
  }

  /** The settings with paths of this machine alone; nothing is asked where all are of it. */
  public <S extends Record> S local(Settings<S> settings, S chosen) {
    return settings.withPaths(chosen, this::local);
  }

  /**
   * A path of this machine.
   *
   * @param setting what it was given for: of models ids are taken, of lists of files addresses
   * @param given as it was written
   */
  public Path local(SettingSpec setting, Path given) {
    if (setting.model()) {
      Path folder = Files.exists(given) ? given : model(given);
      if (Files.isDirectory(folder)) {
        // What an adapter is on is needed too, and shown while it comes.
        ModelConfig.hubBaseOf(folder).ifPresent(base -> hub.get().model(base));
      }
      return folder;
    }
    if (setting.repeatable()) {
      Optional<HubFile> file = HubFile.parse(given.toString());
      return file.map(found -> hub.get().file(found)).orElse(given);
    }
    return given;
  }

  /** A folder with a tokenizer, of an id of the hub without its weights. */
  public Path tokenizer(Path given) {
    if (Files.exists(given)) {
      return given;
    }
    Optional<HubRepo> repo = HubRepo.model(given.toString());
    return repo.map(found -> hub.get().tokenizer(found)).orElse(given);
  }

  private Path model(Path given) {
    Optional<HubRepo> repo = HubRepo.model(given.toString());
    return repo.map(found -> hub.get().model(found)).orElse(given);
  }
}
