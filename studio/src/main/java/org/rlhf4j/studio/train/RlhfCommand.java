package org.rlhf4j.studio.train;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How the {@code rlhf} command is started once more: by the same Java, with the same options,
 * properties and class path as this process. So it is the same program whether this one was started
 * by the launcher, out of the zip or by a build.
 *
 * @param java the program and its options
 * @param mainClass the command's main class
 */
public record RlhfCommand(List<String> java, String mainClass) {

  /** An agent writes to files or listens on ports of this process alone. */
  private static final List<String> OWN =
      List.of("-agent", "-javaagent", "-Xrun", "-Xdebug", "-XX:ArchiveClassesAtExit");

  /** Keeps a copy. */
  public RlhfCommand {
    java = List.copyOf(java);
  }

  /**
   * As this process was started.
   *
   * @param mainClass the main class of {@code rlhf}
   */
  public static RlhfCommand ofThisProcess(String mainClass) {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (OWN.stream().noneMatch(option::startsWith)) {
        java.add(option);
      }
    }
    java.addAll(List.of("-cp", System.getProperty("java.class.path")));
    return new RlhfCommand(java, mainClass);
  }

  /** The words of a command line, as no shell reads them. */
  List<String> line(String... arguments) {
    return Stream.of(java.stream(), Stream.of(mainClass), Stream.of(arguments))
        .flatMap(words -> words)
        .toList();
  }

  /** The same with another main class of this program. */
  RlhfCommand with(Class<?> other) {
    return new RlhfCommand(java, other.getName());
  }
}
