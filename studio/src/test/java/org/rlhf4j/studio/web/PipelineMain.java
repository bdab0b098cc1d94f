package org.rlhf4j.studio.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.pipeline.PipelineRun;

/** {@code rlhf run PIPELINE --output FOLDER} without the rest of the command, which isn't here. */
public final class PipelineMain {

  private PipelineMain() {}

  /** Runs the pipeline. */
  public static void main(String[] args) throws IOException {
    Path output = Path.of(args[3]);
    Pipeline pipeline = Pipeline.read(Path.of(args[1]), output, Map.of());
    new PipelineRun(
            pipeline, output, List.of(), new PrintWriter(System.err, true, StandardCharsets.UTF_8))
        .run(new PipelineRun.Watcher() {});
  }
}
