package org.rlhf4j.studio.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.pipeline.PipelineStage;
import org.rlhf4j.settings.UserException;

/**
 * What {@code rlhf plan} says of a pipeline's memory. It is asked in a process of its own: a plan
 * loads the model, and what is freed in this process isn't always given back to the system.
 */
final class PlannedMemory {

  private static final String BYTES = "planned bytes: ";

  private PlannedMemory() {}

  /**
   * The most memory that a stage of a pipeline takes.
   *
   * @param command starts the process
   * @param pipeline the file
   * @param output the folder that it would run in
   * @return bytes
   * @throws UserException if it can't be planned, with the reason
   */
  static long of(RlhfCommand command, Path pipeline, Path output) throws IOException {
    Process process =
        new ProcessBuilder(
                command.with(PlannedMemory.class).line(pipeline.toString(), output.toString()))
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      List<String> lines = said.lines().filter(line -> !line.isBlank()).toList();
      process.waitFor();
      return bytes(lines)
          .orElseThrow(
              () ->
                  new UserException(
                      "it can't be planned: "
                          + (lines.isEmpty()
                              ? "the process ended without a word"
                              : lines.get(lines.size() - 1))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static OptionalLong bytes(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(BYTES))
        .mapToLong(line -> Long.parseLong(line.substring(BYTES.length())))
        .findFirst();
  }

  /**
   * Plans a pipeline and says its memory.
   *
   * @param arguments the pipeline file and the folder that it would run in
   */
  public static void main(String[] arguments) throws IOException {
    int code = 0;
    try {
      long most = 0;
      Pipeline pipeline = Pipeline.read(Path.of(arguments[0]), Path.of(arguments[1]), Map.of());
      for (PipelineStage stage : pipeline.stages()) {
        most = Math.max(most, stage.plan().bytes());
      }
      System.out.println(BYTES + most);
    } catch (UserException e) {
      System.out.println(e.getMessage());
      code = 1;
    }
    System.exit(code);
  }
}
