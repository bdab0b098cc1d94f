package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher, as a distribution has it, gives a Java that only shows its arguments. */
@EnabledOnOs(OS.LINUX)
class LauncherTest {

  @TempDir private Path home;

  @BeforeEach
  void unpack() throws IOException {
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectory(home.resolve("lib"));
    Files.createDirectories(home.resolve("java/bin"));
    executable(home.resolve("bin/rlhf"), Files.readString(Path.of("../rlhf")));
    executable(
        home.resolve("java/bin/java"),
        """
        #!/usr/bin/env bash
        if [ "$1" = -version ]; then echo 'openjdk version "17.0.1"' >&2; else printf '%s\\n' "$@"; fi
        """);
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> arguments(String before) throws IOException {
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-c", before + " exec \"$0\" doctor", home + "/bin/rlhf");
    shell.environment().put("JAVA_HOME", home.resolve("java").toString());
    shell.environment().put("RLHF_JAVA_OPTS", "-Xmx9m");
    Process process = shell.redirectErrorStream(true).start();
    return process.inputReader(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void withoutALimitJavaChoosesItsSizes() throws IOException {
    assertThat(arguments(""))
        .endsWith("-Xmx9m", "org.rlhf4j.cli.Rlhf", "doctor")
        .noneMatch(argument -> argument.startsWith("-XX:CompressedClassSpaceSize"));
  }

  /** Most of the address space is for tensors: Java gets a quarter, unless it is told more. */
  @Test
  void underALimitOfAddressSpaceJavaTakesLess() throws IOException {
    assertThat(arguments("ulimit -v 4000000;"))
        .endsWith(
            "-Xmx1000000k",
            "-XX:CompressedClassSpaceSize=128m",
            "-XX:ReservedCodeCacheSize=128m",
            "-Xmx9m",
            "org.rlhf4j.cli.Rlhf",
            "doctor");
  }
}
