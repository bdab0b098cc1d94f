package org.rlhf4j.rollout.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UserException;

/** Classes of a user's, compiled here. One of them is the one of docs/rewards.md. */
class JarProgramTest {
  private static final Path DOCUMENT = Path.of("../docs/rewards.md");

  @TempDir private static Path folder;
  private static Path jar;

  @BeforeAll
  static void compile() throws IOException {
    Path sources = Files.createDirectories(folder.resolve("src/com/example"));
    write(sources, "ShortWords", documented());
    write(sources, "Failing", program("", "throw new IllegalStateException(\"no idea\");"));
    write(sources, "NeedsAValue", program("public NeedsAValue(int i) {}", "return 1;"));
    write(sources, "Hidden", program("", "return 1;").replace("public class", "class"));
    write(
        sources,
        "BadStart",
        program("public BadStart() { throw new RuntimeException(\"no\"); }", "return 1;"));
    write(sources, "Closing", program("public void close() { count = -1; }", "return ++count;"));
    write(sources, "NoProgram", "package com.example; public class NoProgram {}");
    Path classes = Files.createDirectory(folder.resolve("classes"));
    List<String> arguments =
        Stream.concat(
                Stream.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    classes.toString(),
                    "-proc:none"),
                files(sources).stream().map(Path::toString))
            .toList();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(failed).isZero();
    jar = folder.resolve("rewards.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      for (Path file : files(classes)) {
        entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        entries.write(Files.readAllBytes(file));
      }
    }
    Files.writeString(folder.resolve("no.jar"), "text");
  }

  /** The Java of the documentation. */
  private static String documented() throws IOException {
    String page = Files.readString(DOCUMENT);
    int start = page.indexOf("```java\n") + "```java\n".length();
    return page.substring(start, page.indexOf("```", start));
  }

  private static String program(String member, String body) {
    return """
        package com.example;
        import org.rlhf4j.rollout.program.*;
        public class NAME implements RewardProgram {
          static int count;
          %s
          public double score(CompletedPrompt completed) { %s }
        }
        """
        .formatted(member, body);
  }

  private static void write(Path sources, String name, String source) throws IOException {
    Files.writeString(sources.resolve(name + ".java"), source.replace("NAME", name));
  }

  private static List<Path> files(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static RewardProgram open(Path place, String name) {
    return WeightedProgram.parse("class:" + place + "#" + name).open(null);
  }

  /** "a bee sees": words of 1, 3 and 4 letters. */
  @Test
  void theDocumentedClassJudges() {
    for (Path place : List.of(jar, folder.resolve("classes"))) {
      try (RewardProgram program = open(place, "com.example.ShortWords")) {
        assertThat(program.score(Completed.of("a bee sees", null))).isEqualTo(-8 / 3.0);
        assertThat(program.scoreAll(List.of(Completed.of("a", null), Completed.of("", null))))
            .containsExactly(-1, Double.NaN);
      }
    }
  }

  /** Of this program itself; its state tells whether it was closed. */
  public static final class OfThisProgram implements RewardProgram {
    private static final List<CompletedPrompt> FORESEEN = new ArrayList<>();
    private static boolean closed;

    @Override
    public void foresee(CompletedPrompt completed) {
      FORESEEN.add(completed);
    }

    @Override
    public double score(CompletedPrompt completed) {
      return completed.completion().length();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void aClassOfTheProgramItselfNeedsNoJar() {
    WeightedProgram setting = WeightedProgram.of(OfThisProgram.class);
    assertThat(setting).hasToString("class:#" + OfThisProgram.class.getName());
    try (RewardProgram program = WeightedProgram.parse(setting.toString()).open(null)) {
      CompletedPrompt four = Completed.of("four", null);
      program.foresee(four);
      assertThat(OfThisProgram.FORESEEN).containsExactly(four);
      assertThat(program.score(four)).isEqualTo(4);
    }
    assertThat(OfThisProgram.closed).isTrue();
    assertThatThrownBy(() -> WeightedProgram.parse("class:#a.B").open(null))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--reward class: the class path: holds no class a.B; give its name with the package");
  }

  @Test
  void isClosedAtTheEnd() throws Exception {
    RewardProgram program = open(jar, "com.example.Closing");
    assertThat(program.score(Completed.of("", null))).isEqualTo(1);
    assertThat(program.score(Completed.of("", null))).isEqualTo(2);
    program.close();
    assertThat(program.score(Completed.of("", null))).isZero();
  }

  @Test
  void whatItThrowsIsOneLine() {
    try (RewardProgram program = open(jar, "com.example.Failing")) {
      assertThatThrownBy(() -> program.score(Completed.of("", null)))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "--reward class: com.example.Failing failed at"
                  + " com.example.Failing.score(Failing.java:6):"
                  + " java.lang.IllegalStateException: no idea")
          .hasCauseInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rewards.jar | com.example.Missing     | holds no class com.example.Missing; give its name with the package
          rewards.jar | ShortWords              | holds no class ShortWords; give its name with the package
          rewards.jar | com.example.NoProgram   | class com.example.NoProgram doesn't implement org.rlhf4j.rollout.program.RewardProgram
          rewards.jar | com.example.NeedsAValue | com.example.NeedsAValue must be public, with a public constructor without parameters
          rewards.jar | com.example.Hidden      | com.example.Hidden must be public, with a public constructor without parameters
          rewards.jar | com.example.BadStart    | the constructor of com.example.BadStart failed: java.lang.RuntimeException: no
          rewards.jar | com/example/ShortWords  | holds no class com/example/ShortWords; give its name with the package
          absent.jar  | a.B                     | no such jar or folder of classes
          no.jar      | a.B                     | not a jar:
          """)
  void whatCantBeLoadedIsNamed(String file, String name, String message) {
    Path place = folder.resolve(file);
    assertThatThrownBy(() -> open(place, name))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("--reward class: " + place + ": " + message);
  }
}
