package org.rlhf4j.studio.load;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.studio.Studio;
import org.rlhf4j.studio.StudioSettings;
import org.rlhf4j.studio.train.RlhfCommand;

/** A studio as a process of its own, which can be killed. */
final class StudioProcess {

  private final Process process;

  private StudioProcess(Process process) {
    this.process = process;
  }

  /** Starts one, and waits until it listens. */
  static StudioProcess start(String store, int port, Path runs) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                StudioProcess.class.getName(),
                store,
                String.valueOf(port),
                runs.resolve("runs").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    if (said == null) {
      throw new IOException("the studio ended before it listened");
    }
    return new StudioProcess(process);
  }

  /** Launchers may have the tests' classes in a loader of their own. */
  private static String classPath() {
    return StudioProcess.class.getClassLoader() instanceof URLClassLoader loader
        ? Arrays.stream(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  /** The processor time that it has taken, in seconds. */
  double processorSeconds() {
    return ProcessorTime.of(process.toHandle());
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Serves until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    StudioSettings settings =
        Settings.of(StudioSettings.class)
            .bind(
                Written.Mapping.EMPTY,
                Map.of(
                    "data", List.of(args[0]), "port", List.of(args[1]), "runs", List.of(args[2])));
    try (Studio studio =
        Studio.start(settings, RlhfCommand.ofThisProcess(StudioProcess.class.getName()))) {
      System.out.println(studio.address());
      System.out.flush();
      studio.join();
    }
  }
}
