package org.rlhf4j.training.run;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files of the default file system, up to a crash: before or after one of the calls that change
 * something. After it every call fails, and what was written and not synced is cut in half, as a
 * machine that stops leaves it.
 */
final class CrashingFiles extends FileSystemProvider {

  /** The machine has stopped. */
  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final int crashAt;
  private final boolean after;
  private final CrashingFileSystem system = new CrashingFileSystem(this);
  private final Set<Path> unsynced = new HashSet<>();
  private final List<String> calls = new ArrayList<>();
  private boolean crashed;

  /**
   * Files that crash.
   *
   * @param crashAt at which change, from 1
   * @param after whether that one is still made
   */
  CrashingFiles(int crashAt, boolean after) {
    this.crashAt = crashAt;
    this.after = after;
  }

  /** A path whose calls are watched. */
  Path watched(Path path) {
    return new CrashingPath(system, path);
  }

  /** What was done, up to the crash. */
  List<String> calls() {
    return calls;
  }

  boolean crashed() {
    return crashed;
  }

  /** A call that changes something. */
  @FunctionalInterface
  interface Change<T> {
    T make() throws IOException;
  }

  <T> T change(String name, Change<T> change) throws IOException {
    requireAlive();
    calls.add(name);
    boolean now = calls.size() == crashAt;
    if (now && !after) {
      crash();
    }
    T result;
    try {
      result = change.make();
    } catch (IOException e) {
      if (now) {
        crash();
      }
      throw e;
    }
    if (now) {
      crash();
    }
    return result;
  }

  private void requireAlive() {
    if (crashed) {
      throw new Crash();
    }
  }

  private void crash() throws IOException {
    crashed = true;
    for (Path path : unsynced) {
      if (Files.exists(path)) {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
          file.truncate(file.size() / 2);
        }
      }
    }
    throw new Crash();
  }

  void written(Path path) {
    unsynced.add(path);
  }

  void synced(Path path) {
    unsynced.remove(path);
  }

  private static Path real(Path path) {
    return ((CrashingPath) path).real();
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    requireAlive();
    boolean writes = options.contains(StandardOpenOption.WRITE);
    Change<FileChannel> open = () -> FileChannel.open(real(path), options, attributes);
    FileChannel channel = writes ? change("open " + path.getFileName(), open) : open.make();
    return new CrashingChannel(this, real(path), channel);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    requireAlive();
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(real(folder))) {
      stream.forEach(path -> paths.add(watched(path)));
    }
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return paths.iterator();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    change("mkdir " + folder.getFileName(), () -> Files.createDirectory(real(folder)));
  }

  @Override
  public void delete(Path path) throws IOException {
    change(
        "delete " + path.getFileName(),
        () -> {
          Files.delete(real(path));
          return path;
        });
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) throws IOException {
    change("copy " + from.getFileName(), () -> Files.copy(real(from), real(to), options));
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    change("move " + from.getFileName(), () -> Files.move(real(from), real(to), options));
    for (Path path : Set.copyOf(unsynced)) {
      if (path.startsWith(real(from))) {
        unsynced.remove(path);
        unsynced.add(real(to).resolve(real(from).relativize(path)));
      }
    }
  }

  @Override
  public boolean isSameFile(Path path, Path other) throws IOException {
    return Files.isSameFile(real(path), real(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return Files.isHidden(real(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return Files.getFileStore(real(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    requireAlive();
    real(path).getFileSystem().provider().checkAccess(real(path), modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return Files.getFileAttributeView(real(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    requireAlive();
    return Files.readAttributes(real(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    return Files.readAttributes(real(path), names, options);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options)
      throws IOException {
    Files.setAttribute(real(path), name, value, options);
  }

  @Override
  public String getScheme() {
    return "crashing";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return system;
  }

  @Override
  public Path getPath(URI uri) {
    throw new UnsupportedOperationException();
  }
}
