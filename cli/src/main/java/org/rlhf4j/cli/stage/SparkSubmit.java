package org.rlhf4j.cli.stage;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.cli.command.ShellLine;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.slice.SparkSettings;

/**
 * Starts a command again by {@code spark-submit}, with the same arguments: Spark is on the class
 * path there.
 *
 * @param environment names where Spark is: {@code SPARK_HOME}, else the {@code PATH}
 * @param home the folder of the command, or null
 */
record SparkSubmit(Map<String, String> environment, Path home) {
  private static final String PROGRAM = "spark-submit";
  private static final String JAR = "rlhf-spark.jar";

  /** The environment variable that names the jar where it is in no usual place. */
  private static final String JAR_VARIABLE = "RLHF_SPARK_JAR";

  private static final String MAIN = "org.rlhf4j.cli.Rlhf";
  private static final String JAVA_OPTIONS =
      "-Dfile.encoding=UTF-8 -Djava.awt.headless=true -Drlhf.command=rlhf";

  /** With what this process was started with. */
  static SparkSubmit ofProcess() {
    String home = System.getProperty("rlhf.home");
    return new SparkSubmit(System.getenv(), home == null ? null : Path.of(home));
  }

  /**
   * Runs the command there, to its end.
   *
   * @param spark the settings
   * @param arguments what stood after {@code rlhf}
   * @param output the run's folder
   * @return its exit code
   * @throws UsageException where Spark or the jar isn't there, with the line to run
   */
  int run(SparkSettings spark, List<String> arguments, Path output) throws IOException {
    List<String> line = line(spark, arguments);
    Process process = new ProcessBuilder(line).inheritIO().start();
    Thread stopping = new Thread(() -> stop(process, output));
    Runtime.getRuntime().addShutdownHook(stopping);
    try {
      int code = process.waitFor();
      forget(stopping);
      return code;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new UserException(PROGRAM + " was interrupted; continue with --resume", e);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // this process is going down, and the hook with it
    }
  }

  /** Lets the run end with a checkpoint, as it does itself at a signal. */
  private static void stop(Process process, Path output) {
    try {
      RunDirectory.requestStop(output);
    } catch (UserException | IOException e) {
      process.destroy(); // it isn't at its steps
    }
    process.onExit().join();
  }

  /** The command line. */
  List<String> line(SparkSettings spark, List<String> arguments) {
    Optional<Path> program = program();
    Optional<Path> jar = jar();
    List<String> line = new ArrayList<>();
    line.add(program.map(Path::toString).orElse(PROGRAM));
    line.addAll(List.of("--master", spark.spark(), "--class", MAIN));
    line.addAll(List.of("--driver-java-options", JAVA_OPTIONS));
    line.addAll(List.of("--conf", "spark.log.level=WARN"));
    spark.sparkConf().forEach(one -> line.addAll(List.of("--conf", one)));
    line.add(jar.map(Path::toString).orElse(JAR));
    line.addAll(arguments);
    if (program.isEmpty()) {
      throw new UsageException(
          "--spark: there is no spark-submit in SPARK_HOME or on the PATH; install Spark 4 for"
              + " Scala 2.13, then run: "
              + ShellLine.of(line));
    }
    if (jar.isEmpty()) {
      throw new UsageException(
          "--spark: there is no rlhf-spark.jar; build it in the repository with mvn -Pspark-jar"
              + " -Dfast -pl spark -am package, and name it in RLHF_SPARK_JAR");
    }
    return line;
  }

  private Optional<Path> program() {
    Stream<Path> home =
        Stream.ofNullable(environment.get("SPARK_HOME")).map(one -> Path.of(one).resolve("bin"));
    Stream<Path> path =
        Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
            .filter(one -> !one.isEmpty())
            .map(Path::of);
    return Stream.concat(home, path)
        .map(folder -> folder.resolve(PROGRAM))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private Optional<Path> jar() {
    String named = environment.get(JAR_VARIABLE);
    if (named != null && !Files.isRegularFile(Path.of(named))) {
      throw new UsageException(JAR_VARIABLE + ": there is no file " + named);
    }
    Stream<Path> usual =
        Stream.ofNullable(home)
            .flatMap(one -> Stream.of(one.resolve("spark/target").resolve(JAR), one.resolve(JAR)));
    return Stream.concat(Stream.ofNullable(named).map(Path::of), usual)
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
