package org.rlhf4j.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * The files of the demo, unpacked into a folder where they can be looked at, changed and used
 * again: a pipeline file, the rows that it names, and what its model is made of. They are those of
 * {@code data/demo}.
 */
public final class DemoFiles {

  /** The pipeline file; its text differs between the whole demo and the quick one. */
  public static final String PIPELINE = "pipeline.yaml";

  /** Comparisons of replies to questions that no stage has seen. */
  public static final String HELD_OUT = "heldout.csv";

  /** Sums that no stage has seen. */
  public static final String HELD_OUT_SUMS = "heldout-sums.csv";

  private static final List<String> ROWS =
      List.of("demonstrations.csv", "comparisons.csv", "prompts.csv", "sums.csv");

  private static final List<String> MODEL =
      List.of(
          "config.json",
          "tokenizer/tokenizer.json",
          "tokenizer/tokenizer_config.json",
          "tokenizer/generation_config.json");

  private DemoFiles() {}

  /**
   * Writes the files that aren't there yet.
   *
   * @param folder where to
   * @param quick whether the stages make fewer steps
   * @param common what holds for every stage, such as the seed: lines that the pipeline begins with
   * @throws UsageException when a file is there that says something else
   * @throws IOException when one can't be written
   */
  public static void write(Path folder, boolean quick, List<String> common) throws IOException {
    Map<String, String> files = contents(quick, common);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (Files.exists(path) && !Files.readString(path).equals(file.getValue())) {
        throw new UsageException(
            path
                + ": it belongs to a demo with other settings (--quick, --seed), or it was changed;"
                + " choose another --output, or delete the demo's folder");
      }
    }
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      AtomicFiles.writeString(path, file.getValue());
    }
  }

  private static Map<String, String> contents(boolean quick, List<String> common)
      throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    String pipeline = resource(quick ? "quick.yaml" : PIPELINE);
    files.put(PIPELINE, String.join("\n", common) + "\n" + pipeline);
    for (String name : ROWS) {
      files.put(name, resource(name));
    }
    for (String name : List.of(HELD_OUT, HELD_OUT_SUMS)) {
      files.put(name, resource(name));
    }
    for (String name : MODEL) {
      files.put(name, resource(name));
    }
    return files;
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = DemoFiles.class.getResourceAsStream("/demo/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the demo's " + name + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
