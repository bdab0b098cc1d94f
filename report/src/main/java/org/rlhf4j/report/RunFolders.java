package org.rlhf4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.stages.Stages;

/** The runs that a report is of: run directories, and folders of them such as a pipeline's. */
final class RunFolders {

  private RunFolders() {}

  /**
   * Reads runs.
   *
   * @param given run directories, or folders that hold run directories
   * @return the runs in the order given, those of one folder by stage and name; each with a name of
   *     its own
   * @throws UsageException when a folder holds no run
   * @throws IOException when one can't be read
   */
  static List<ReportedRun> read(List<Path> given) throws IOException {
    Map<Path, Path> folders = new LinkedHashMap<>();
    List<ReportedRun> runs = new ArrayList<>();
    for (Path path : given) {
      List<ReportedRun> found = new ArrayList<>();
      for (Path folder : runsIn(path)) {
        if (folders.putIfAbsent(folder.toAbsolutePath().normalize(), path) == null) {
          found.add(ReportedRun.read(folder, nameOf(folder)));
        }
      }
      found.sort(Comparator.comparing(RunFolders::place)); // stable: by name within a stage
      runs.addAll(found);
    }
    return distinct(runs);
  }

  /** Where the run's stage stands in the table; behind it if it isn't known. */
  private static int place(ReportedRun run) {
    return run.stage().map(Stages.ALL::indexOf).orElse(Stages.ALL.size());
  }

  private static List<Path> runsIn(Path path) throws IOException {
    if (isRun(path)) {
      return List.of(path);
    }
    if (!Files.isDirectory(path)) {
      throw new UsageException(path + ": no such folder; name a run directory");
    }
    try (Stream<Path> inside = Files.list(path)) {
      List<Path> runs = inside.filter(RunFolders::isRun).sorted().toList();
      if (runs.isEmpty()) {
        throw new UsageException(
            path
                + ": there is no run here: neither this folder nor a folder in it has a"
                + " metrics.jsonl; name a run directory");
      }
      return runs;
    }
  }

  private static boolean isRun(Path folder) {
    return Files.isRegularFile(folder.resolve(ReportedRun.METRICS));
  }

  private static String nameOf(Path folder) {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? folder.toString() : name.toString();
  }

  /** Runs of equal names get that of their parent folder before theirs, or else a number. */
  private static List<ReportedRun> distinct(List<ReportedRun> runs) {
    return numbered(renamed(runs));
  }

  private static List<ReportedRun> renamed(List<ReportedRun> runs) {
    List<ReportedRun> renamed = new ArrayList<>();
    for (ReportedRun run : runs) {
      Path parent = run.folder().toAbsolutePath().normalize().getParent();
      boolean taken = runs.stream().filter(other -> other.name().equals(run.name())).count() > 1;
      renamed.add(
          taken && parent != null && parent.getFileName() != null
              ? named(run, parent.getFileName() + "/" + run.name())
              : run);
    }
    return renamed;
  }

  private static List<ReportedRun> numbered(List<ReportedRun> runs) {
    Map<String, Integer> seen = new LinkedHashMap<>();
    List<ReportedRun> numbered = new ArrayList<>();
    for (ReportedRun run : runs) {
      int number = seen.merge(run.name(), 1, Integer::sum);
      numbered.add(number == 1 ? run : named(run, run.name() + " (" + number + ")"));
    }
    return numbered;
  }

  private static ReportedRun named(ReportedRun run, String name) {
    return new ReportedRun(
        run.folder(),
        name,
        run.stage(),
        run.settings(),
        run.metrics(),
        run.evaluation(),
        run.samples(),
        run.finished());
  }
}
