package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.rlhf4j.pipeline.PipelineRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks a run of another process to stop in its step or after it. */
@Command(
    name = "stop",
    description = "Ask a run or a pipeline to stop, and to keep its finished steps.")
public final class StopCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "The folder of a run or of a pipeline.")
  private Path run;

  @Override
  public Integer call() throws IOException {
    PipelineRun.requestStop(run);
    PrintWriter err = spec.commandLine().getErr();
    err.println(
        run + ": asked to stop; it ends in its step or after it, and keeps its finished steps");
    err.flush();
    return ExitCode.OK;
  }
}
