package org.rlhf4j.cli.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.training.AtomicFiles;

/** Runs as one page that works from a file, without a network. */
public final class Report {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** In the order in which they have to be read. */
  private static final List<String> SCRIPTS =
      List.of(
          "metrics.js",
          "elements.js",
          "chart.js",
          "summary.js",
          "curves.js",
          "calibration.js",
          "samples.js",
          "tokens.js",
          "settings.js",
          "report.js");

  private Report() {}

  /**
   * Writes a report.
   *
   * @param runs run directories, or folders of them
   * @param file the page, replaced whole
   * @throws IOException when a run can't be read or the file can't be written
   */
  public static void write(List<Path> runs, Path file) throws IOException {
    AtomicFiles.writeString(file, html(runs));
  }

  /**
   * Writes the report of one run beside its other files.
   *
   * @param run a run directory
   * @return the page's file
   * @throws IOException when the run can't be read or the file can't be written
   */
  public static Path ofRun(Path run) throws IOException {
    return ofAll(List.of(run), run);
  }

  /**
   * Writes the report of several runs into a folder.
   *
   * @param runs run directories, in the order in which they are shown
   * @param folder where {@code report.html} is written
   * @return the page's file
   * @throws IOException when a run can't be read or the file can't be written
   */
  public static Path ofAll(List<Path> runs, Path folder) throws IOException {
    Path file = folder.resolve("report.html");
    write(runs, file);
    return file;
  }

  /**
   * Makes a report.
   *
   * @param runs run directories, or folders of them
   * @return the page
   * @throws IOException when a run can't be read
   */
  public static String html(List<Path> runs) throws IOException {
    return page(ReportData.of(RunFolders.read(runs)));
  }

  private static String page(ObjectNode data) throws IOException {
    StringBuilder scripts = new StringBuilder();
    for (String script : SCRIPTS) {
      scripts.append(resource(script));
    }
    return resource("report.html")
        .replace("/*STYLE*/", resource("report.css"))
        .replace("/*SCRIPTS*/", scripts)
        .replace("/*DATA*/", embedded(JSON.writeValueAsString(data)));
  }

  /**
   * JSON that can stand in a script element, whatever texts it holds: no tag and no comment can
   * begin without a "&lt;", and what it is escaped to is the same JSON.
   */
  static String embedded(String json) {
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
