package org.rlhf4j.cli.stage;

import java.io.PrintWriter;
import org.rlhf4j.pipeline.PipelineSchema;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes the JSON schema of pipeline files. */
@Command(
    name = "schema",
    description = "Write the JSON schema of pipeline files, so that editors can complete them.")
public final class SchemaCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.println(PipelineSchema.schema().toPrettyString());
    out.flush();
  }
}
