package org.rlhf4j.studio.runs;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The run directories below a folder. Only what is found there can be asked for. */
public final class WatchedRuns {

  /** What makes a folder a run directory. */
  static final String METRICS = "metrics.jsonl";

  private static final int DEPTH = 6;

  private final Path root;
  private final Map<String, WatchedRun> runs = new ConcurrentHashMap<>();

  /**
   * Watches a folder.
   *
   * @param root may be made later, or hold no run yet
   */
  public WatchedRuns(Path root) {
    this.root = root;
  }

  /** The folder. */
  public Path root() {
    return root;
  }

  /**
   * Looks which runs there are.
   *
   * @return by id, the path below the folder with {@code /} between its parts
   * @throws IOException if the folder can't be read
   */
  public NavigableMap<String, WatchedRun> find() throws IOException {
    NavigableMap<String, WatchedRun> found = new TreeMap<>();
    if (Files.isDirectory(root)) {
      Files.walkFileTree(root, EnumSet.noneOf(FileVisitOption.class), DEPTH, new Visitor(found));
    }
    runs.keySet().retainAll(found.keySet());
    return found;
  }

  /**
   * Reads what the runs have written so far, the newest first, so that a page that asks for one
   * finds it read.
   *
   * @param most how many runs
   * @throws IOException if one can't be read
   */
  public void readAhead(int most) throws IOException {
    Map<FileTime, WatchedRun> byTime = new TreeMap<>(Comparator.reverseOrder());
    for (WatchedRun run : find().values()) {
      byTime.put(Files.getLastModifiedTime(run.folder().resolve(METRICS)), run);
    }
    for (WatchedRun run : byTime.values().stream().limit(most).toList()) {
      run.read();
    }
  }

  /**
   * A run by its id.
   *
   * @param id as {@link #find} gives it
   * @return the run; empty unless the folder holds it
   * @throws IOException if the folder can't be read
   */
  public Optional<WatchedRun> named(String id) throws IOException {
    WatchedRun known = runs.get(id);
    return known != null ? Optional.of(known) : Optional.ofNullable(find().get(id));
  }

  private String idOf(Path folder) {
    Path relative = root.relativize(folder);
    String id = relative.toString().replace('\\', '/');
    return id.isEmpty() ? "." : id;
  }

  /** Goes into folders, but not into those of a run. */
  private final class Visitor extends SimpleFileVisitor<Path> {
    private final Map<String, WatchedRun> found;

    Visitor(Map<String, WatchedRun> found) {
      this.found = found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (Files.isRegularFile(folder.resolve(METRICS))) {
        String id = idOf(folder);
        found.put(id, runs.computeIfAbsent(id, key -> new WatchedRun(folder)));
        return FileVisitResult.SKIP_SUBTREE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return FileVisitResult.CONTINUE; // it was deleted meanwhile, or may not be read
    }
  }
}
