package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command did.
 *
 * @param code its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
public record Outcome(int code, String out, String err) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Runs {@code rlhf} within this process. */
  public static Outcome rlhf(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Outcome(code, out.toString(), err.toString());
  }

  /** What {@code rlhf} wrote to standard output; it must end without an error. */
  public static String written(String... args) {
    return rlhf(args).succeeded().out();
  }

  /** This one, whose exit code must be 0. */
  public Outcome succeeded() {
    assertThat(code).as(err).isZero();
    return this;
  }

  /** Standard output by lines. */
  public List<String> lines() {
    return out.lines().toList();
  }

  /** Standard output, which is one JSON value. */
  public JsonNode json() throws IOException {
    return JSON.readTree(out);
  }

  /** Standard output, each line of which is a JSON value. */
  public List<JsonNode> jsonLines() throws IOException {
    List<JsonNode> values = new ArrayList<>();
    for (String line : lines()) {
      values.add(JSON.readTree(line));
    }
    return values;
  }

  /** The last line of standard error, or nothing. */
  public String lastErrorLine() {
    return err.lines().reduce("", (first, second) -> second);
  }
}
