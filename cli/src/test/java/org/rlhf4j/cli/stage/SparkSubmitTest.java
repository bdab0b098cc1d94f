package org.rlhf4j.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.slice.SparkSettings;

class SparkSubmitTest {
  private static final SparkSettings SETTINGS =
      new SparkSettings("spark://host:7077", 64, 1, List.of("spark.executor.memory=4g"));
  private static final List<String> ARGUMENTS =
      List.of("grpo", "--model", "my model", "--spark", "spark://host:7077");

  @TempDir private Path folder;

  private Path program(Path in) throws IOException {
    Path program = Files.createDirectories(in).resolve("spark-submit");
    Files.writeString(
        program, "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + folder + "/given'\nexit 7\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return program;
  }

  private Path jar() throws IOException {
    Path jar = Files.createDirectories(folder.resolve("spark/target")).resolve("rlhf-spark.jar");
    return Files.writeString(jar, "");
  }

  @Test
  void startsTheJarWithTheSameArguments() throws IOException {
    program(folder.resolve("home/bin"));
    Path jar = jar();
    Map<String, String> environment = Map.of("SPARK_HOME", folder.resolve("home").toString());
    int code =
        new SparkSubmit(environment, folder).run(SETTINGS, ARGUMENTS, folder.resolve("output"));
    assertThat(code).isEqualTo(7);
    List<String> given = Files.readAllLines(folder.resolve("given"));
    assertThat(given)
        .startsWith("--master", "spark://host:7077", "--class", "org.rlhf4j.cli.Rlhf")
        .containsSequence("--conf", "spark.executor.memory=4g")
        .endsWith(jar.toString(), "grpo", "--model", "my model", "--spark", "spark://host:7077");
  }

  @Test
  void sparksHomeComesBeforeThePath() throws IOException {
    Path home = program(folder.resolve("home/bin"));
    Path onPath = program(folder.resolve("path"));
    jar();
    String path = folder.resolve("nothing") + ":" + folder.resolve("path");
    Map<String, String> both =
        Map.of("SPARK_HOME", folder.resolve("home").toString(), "PATH", path);
    assertThat(new SparkSubmit(both, folder).line(SETTINGS, ARGUMENTS)).startsWith(home.toString());
    assertThat(new SparkSubmit(Map.of("PATH", path), folder).line(SETTINGS, ARGUMENTS))
        .startsWith(onPath.toString());
  }

  @Test
  void withoutSparkItSaysTheLineToRun() throws IOException {
    Path jar = jar();
    SparkSubmit nowhere = new SparkSubmit(Map.of("PATH", ""), folder);
    assertThatThrownBy(() -> nowhere.line(SETTINGS, ARGUMENTS))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("there is no spark-submit in SPARK_HOME or on the PATH")
        .hasMessageEndingWith(jar + " grpo --model 'my model' --spark spark://host:7077");
  }

  @Test
  void withoutTheJarItSaysHowToBuildIt() throws IOException {
    program(folder.resolve("home/bin"));
    Map<String, String> environment = Map.of("SPARK_HOME", folder.resolve("home").toString());
    assertThatThrownBy(() -> new SparkSubmit(environment, null).line(SETTINGS, ARGUMENTS))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("mvn -Pspark-jar");
  }

  /** What the whole command does where this machine has no Spark. */
  @Test
  void theCommandEndsWith2() {
    assumeTrue(System.getenv("SPARK_HOME") == null);
    Outcome outcome =
        Outcome.rlhf(
            "grpo",
            "--model=" + folder,
            "--data=" + folder,
            "--reward=exact-match",
            "--output=" + folder.resolve("out"),
            "--spark=local[2]");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("rlhf: --spark: there is no ");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  /** Nor does what only Spark brings stand there. */
  @ParameterizedTest
  @ValueSource(strings = {"org.apache.spark.SparkContext", "scala.Option", "io.netty.util.Timer"})
  void nothingOfSparkIsOnTheCommandsClassPath(String name) {
    assertThatThrownBy(() -> Class.forName(name)).isInstanceOf(ClassNotFoundException.class);
  }
}
