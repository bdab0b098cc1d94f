package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.SaveFormat;

/**
 * Loading adds no more than 1.1 × the weights to the peak of a process's memory: what the kernel
 * counts of a JVM that loads 103 MB of weights, above one that loads a tiny model.
 */
@EnabledOnOs(OS.LINUX)
class LoadingMemoryTest {
  private static final Path TINY = Path.of("src/test/resources/fixtures/llama-gqa-tied");

  @TempDir private Path temp;

  /** A layer has 4 · 512² + 3 · 512 · 1408 weights and two norms: 16 of them are 51.4M weights. */
  @Test
  void loadingTakesLittleBesidesTheWeights() throws IOException, InterruptedException {
    Path config = temp.resolve("config.json");
    Files.writeString(
        config,
        """
        {"model_type": "llama", "vocab_size": 97, "hidden_size": 512, "num_hidden_layers": 16,
         "num_attention_heads": 8, "intermediate_size": 1408, "max_position_embeddings": 64,
         "tie_word_embeddings": true, "torch_dtype": "float32"}""");
    Path whole = Files.createDirectory(temp.resolve("fp32"));
    Path half = Files.createDirectory(temp.resolve("bf16"));
    long weights;
    try (Tokenizer tokenizer = Tokenizer.load(TINY);
        LanguageModel model = LanguageModel.fresh(ModelConfig.readFile(config), tokenizer, 1)) {
      weights = Float.BYTES * model.parameters().count();
      model.save(whole, new SaveFormat(Dtype.FP32, 60_000_000));
      model.save(half, new SaveFormat(Dtype.BF16, 60_000_000));
    }
    long alone = peak(TINY);
    for (Path folder : List.of(whole, half)) {
      double ratio = (double) (peak(folder) - alone) / weights;
      // The weights themselves are there, or nothing was measured.
      assertThat(ratio).as(folder.getFileName().toString()).isBetween(0.95, 1.1);
    }
  }

  /** The largest resident set of a JVM that loads a model, in bytes. */
  private static long peak(Path folder) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                // What the JVM itself takes is to be the same in each process: its heap is there
                // from
                // the start, and its larger compiler, whose memory comes and goes, isn't.
                "-XX:TieredStopAtLevel=1",
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                LoadingMemoryTest.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return 1024L * new ObjectMapper().readTree(line).get("peak_kib").longValue();
  }

  /** Loads a model and prints how much memory that took at most. */
  public static void main(String[] args) throws IOException {
    LanguageModel.load(Path.of(args[0])).close();
    String peak =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .findFirst()
            .orElseThrow()
            .replaceAll("\\D", "");
    System.out.println("{\"peak_kib\": " + peak + "}");
  }
}
