package org.rlhf4j.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.training.run.AtomicFiles;

/** Runs as one page that works from a file, without a network. */
public final class Report {

  /** In the order in which they have to be read. */
  private static final List<String> SCRIPTS =
      List.of(
          "metrics.js",
          "elements.js",
          "chart.js",
          "summary.js",
          "curves.js",
          "calibration.js",
          "breakdowns.js",
          "mistakes.js",
          "samples.js",
          "tokens.js",
          "settings.js",
          "report.js");

  private static final String FILE = "report.html";

  private Report() {}

  /**
   * The scripts that draw a run, and the page's style, as names of resources beside this class: for
   * another page that draws runs.
   *
   * @return scripts in the order in which they have to be read, without the one that makes this
   *     page
   */
  public static List<String> drawing() {
    return SCRIPTS.subList(0, SCRIPTS.size() - 1);
  }

  /**
   * What {@link #drawing} draws of one run.
   *
   * @param run a run directory
   * @return {@code {"runs": [one], "groups": [headings of curves]}}
   * @throws org.rlhf4j.settings.UserException when a file of the run is malformed
   * @throws IOException when one can't be read
   */
  public static ObjectNode data(Path run) throws IOException {
    return ReportData.of(RunFolders.read(List.of(run)));
  }

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
   * Whether a folder has its report. A run that was killed between its end and the report has none.
   *
   * @param folder a run directory, or a folder of them
   * @return whether it has one
   */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(FILE));
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
    Path file = folder.resolve(FILE);
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
    return Page.of("Report", "runs", SCRIPTS, ReportData.of(RunFolders.read(runs)));
  }
}
