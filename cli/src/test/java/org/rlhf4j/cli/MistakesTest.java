package org.rlhf4j.cli;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * What users get wrong: each mistake of {@code mistakes.txt} ends in its one line, with its exit
 * code, and leaves nothing behind.
 */
class MistakesTest {

  private static final Path LIST = Path.of("src/test/resources/org/rlhf4j/cli/mistakes.txt");
  private static final Path MODEL = Path.of("../sft/src/test/resources/fixtures/sft/model");
  private static final Path JUDGE =
      Path.of("../reward-model/src/test/resources/fixtures/bradley-terry/model");

  /** Before a line that the report on the data, or what a reward command says, comes before. */
  private static final String AFTER_OTHERS = "… ";

  @TempDir private static Path folder;

  /** A mistake: what it is, the line typed, and what comes of it. */
  private record Mistake(String what, List<String> arguments, int code, String line) {

    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Mistake> mistakes() throws IOException {
    List<Mistake> mistakes = new ArrayList<>();
    List<String> lines =
        Files.readAllLines(LIST).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();
    for (int i = 0; i < lines.size(); i += 3) {
      String command = lines.get(i + 1).replaceFirst("^\\$ rlhf ?", "");
      List<String> arguments = command.isEmpty() ? List.of() : List.of(command.split(" "));
      String[] end = lines.get(i + 2).split(" ", 2);
      mistakes.add(
          new Mistake(lines.get(i).substring(2), arguments, Integer.parseInt(end[0]), end[1]));
    }
    return mistakes.stream();
  }

  @BeforeAll
  static void writeFiles() throws IOException {
    // As the command does; a test before may have asked for more.
    ((Logger) LoggerFactory.getLogger("ai.djl")).setLevel(Level.ERROR);
    writeRows();
    writeModels();
    writeSettings();
    String[] begin = {
      "sft",
      "--model=" + folder.resolve("model"),
      "--data=" + folder.resolve("pairs.jsonl"),
      "--steps=2",
      "--checkpoint-every=1",
      "--output=" + folder.resolve("begun"),
      "--quiet",
    };
    assertThat(rlhf(begin)).isEqualTo(new Outcome(0, "", ""));
    Files.delete(folder.resolve("begun/finished"));
  }

  private static void writeRows() throws IOException {
    String pair =
        "{\"prompt\": \"is it %d?\", \"chosen\": \" yes, it is\", \"rejected\": \" no\"}\n";
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      pairs.append(pair.formatted(i));
    }
    write("pairs.jsonl", pairs.toString());
    write("two.jsonl", pair.formatted(1) + pair.formatted(2));
    write("comma.jsonl", pair.formatted(1) + "{\"prompt\": \"is it?\", \"chosen\": \"yes\",}\n");
    write("prompts.jsonl", "{\"prompt\": \"is it?\"}\n{\"prompt\": \"was it?\"}\n");
    write("demonstrations.jsonl", "{\"prompt\": \"is it?\", \"completion\": \" yes\"}\n");
    write("questions.jsonl", "{\"question\": \"is it?\", \"answer\": \"yes\"}\n");
    write(
        "messages.jsonl",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"},"
            + " {\"role\": \"assistant\", \"content\": \"ho\"}]}\n");
    write("semicolons.csv", "prompt;chosen;rejected\nis it?;yes;no\n");
    write("empty.jsonl", "");
    write("notes.txt", "prompt, completion\n");
    write("rows/a.jsonl", pair.formatted(1));
  }

  private static void writeModels() throws IOException {
    copy(MODEL, "model");
    copy(JUDGE, "judge");
    copy(JUDGE, "other-judge");
    Path tokenizer = folder.resolve("other-judge/tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    copy(MODEL, "other-model");
    Files.copy(tokenizer, folder.resolve("other-model/tokenizer.json"), REPLACE_EXISTING);
    copy(MODEL, "no-tokenizer");
    Files.delete(folder.resolve("no-tokenizer/tokenizer.json"));
    copy(MODEL, "no-weights");
    Files.delete(folder.resolve("no-weights/model.safetensors"));
    copy(MODEL, "lfs");
    write(
        "lfs/model.safetensors",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n");
    copy(MODEL, "half");
    Path weights = folder.resolve("half/model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
    write("bert/config.json", "{\"model_type\": \"bert\"}\n");
  }

  private static void writeSettings() throws IOException {
    write("broken.yaml", "model: model\ndata: [pairs.jsonl\noutput: run\n");
    write("key.yaml", "model: DIR/model\ndata: DIR/pairs.jsonl\noutput: DIR/run\nbatchsize: 8\n");
    write("value.yaml", "model: DIR/model\ndata: DIR/pairs.jsonl\noutput: DIR/run\nsteps: 1.5\n");
    String stage = "stages:\n  - name: first\n    stage: %s\n    model: %s\n    data: %s\n";
    write("kind.yaml", stage.formatted("dqo", "model", "pairs.jsonl"));
    write("path.yaml", stage.formatted("sft", "model", "pars.jsonl"));
    write(
        "circle.yaml",
        stage.formatted("sft", "{from: second}", "pairs.jsonl")
            + "  - name: second\n    stage: sft\n    model: {from: first}\n    data: pairs.jsonl\n");
  }

  private static void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text.replace("DIR", folder.toString()));
  }

  private static void copy(Path model, String name) throws IOException {
    Path to = Files.createDirectories(folder.resolve(name));
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void endsInItsLine(Mistake mistake) throws IOException {
    List<String> before = content();
    String[] arguments =
        mistake.arguments().stream()
            .map(argument -> argument.replace("DIR", folder.toString()))
            .toArray(String[]::new);

    Outcome outcome = rlhf(arguments);
    List<String> shown = new ArrayList<>(outcome.err().lines().toList());
    if (mistake.line().startsWith(AFTER_OTHERS)) {
      shown.removeIf(line -> line.matches("(training|held-out) rows: .*|prompts .*|reward .*"));
    }
    assertThat(shown).containsExactly(mistake.line().replaceFirst(AFTER_OTHERS, ""));
    assertThat(outcome.code()).isEqualTo(mistake.code());
    assertThat(outcome.out()).isEmpty();
    assertThat(content()).isEqualTo(before);
  }

  /** Every file and folder. */
  private static List<String> content() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.map(Path::toString).sorted().toList();
    }
  }

  /** Runs the command; what it shows names the folder as the list does. */
  private static Outcome rlhf(String... arguments) {
    StringWriter out = new StringWriter();
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    PrintStream stderr = System.err;
    PrintStream taken = new PrintStream(shown, true, StandardCharsets.UTF_8);
    System.setErr(taken);
    try {
      int code =
          Rlhf.run(
              arguments,
              new PrintWriter(out, true),
              new PrintWriter(taken, true, StandardCharsets.UTF_8));
      String err = shown.toString(StandardCharsets.UTF_8);
      return new Outcome(code, out.toString(), err.replace(folder.toString(), "DIR"));
    } finally {
      System.setErr(stderr);
    }
  }
}
