package org.rlhf4j.model;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.model.gguf.GgufFormat;
import org.rlhf4j.settings.UserException;

/**
 * Writes model folders as GGUF files. Run as a program: {@code FOLDER_WITH_MODELS OUTPUT} writes
 * each model as {@code OUTPUT/NAME-TYPE.gguf}, for llama.cpp to read; what isn't exported is
 * printed.
 */
public final class GgufFiles {
  static final List<String> TYPES = List.of("f32", "f16", "bf16", "q8_0");

  private GgufFiles() {}

  /** Writes a model and reads it back. */
  static ModelExport.Comparison write(Path model, String type, Path file) throws IOException {
    try (ModelExport export = ModelExport.open(model, GgufFormat.parse(type))) {
      export.write(file);
      return export.readBack(file);
    }
  }

  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path output = Files.createDirectories(Path.of(args[1]));
    try (var models = Files.list(Path.of(args[0]))) {
      for (Path model :
          models.filter(m -> Files.exists(m.resolve("config.json"))).sorted().toList()) {
        for (String type : TYPES) {
          String name = model.getFileName() + "-" + type + ".gguf";
          try {
            out.println(name + ": " + write(model, type, output.resolve(name)).sentence());
          } catch (UserException e) {
            out.println(name + ": " + e.getMessage());
          }
        }
      }
    }
  }
}
