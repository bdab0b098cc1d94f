package org.rlhf4j.training.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files and folders that are there whole or not at all, whenever the process or the machine stops:
 * written beside their place under a name that ends in {@code .partial}, synced to the disk, then
 * renamed.
 */
public final class AtomicFiles {

  /** How the name of something half-written ends. */
  static final String PARTIAL = ".partial";

  private AtomicFiles() {}

  /** What fills a file or a folder that is then put in its place. */
  @FunctionalInterface
  public interface Filler {
    /**
     * Writes the content.
     *
     * @param path the file to create, or the existing empty folder to fill
     * @throws IOException when writing fails; nothing is put in place then
     */
    void fill(Path path) throws IOException;
  }

  /**
   * Replaces a file by the text, in UTF-8.
   *
   * @param file the file; its folder exists
   * @param text the whole content
   * @throws IOException when it can't be written; the old file is then untouched
   */
  public static void writeString(Path file, String text) throws IOException {
    writeFile(file, partial -> Files.writeString(partial, text, StandardCharsets.UTF_8));
  }

  /**
   * Replaces a file by what the filler writes.
   *
   * @param file the file; its folder exists
   * @param filler creates the file under the path that it is given
   * @throws IOException when it can't be written; the old file is then untouched
   */
  public static void writeFile(Path file, Filler filler) throws IOException {
    Path partial = partial(file);
    deleteTree(partial);
    filler.fill(partial);
    sync(partial);
    moveInPlace(partial, file);
  }

  /**
   * Replaces a folder by what the filler writes. A folder can't be swapped in one system call:
   * where there is an old one it is set aside first, so a kill between the two renames leaves the
   * name unused, never a mixture.
   *
   * @param folder the folder; its parent exists
   * @param filler fills the empty folder that it is given
   * @throws IOException when it can't be written; the old folder is then untouched
   */
  public static void writeFolder(Path folder, Filler filler) throws IOException {
    Path partial = partial(folder);
    deleteTree(partial);
    Files.createDirectory(partial);
    filler.fill(partial);
    syncTree(partial);
    Path aside = setAside(folder);
    moveInPlace(partial, folder);
    deleteTree(aside);
  }

  /**
   * Deletes a folder so that no part of it is ever found under its name. Nothing happens where
   * there is none.
   *
   * @param folder the folder
   * @throws IOException when it can't be deleted
   */
  public static void deleteFolder(Path folder) throws IOException {
    deleteTree(setAside(folder));
  }

  /**
   * Deletes what a stopped process left half-written in a folder.
   *
   * @param folder the folder; nothing happens where it doesn't exist
   * @throws IOException when something can't be deleted
   */
  static void deletePartial(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    for (Path path : list(folder)) {
      if (path.getFileName().toString().endsWith(PARTIAL)) {
        deleteTree(path);
      }
    }
  }

  /** What a folder holds, sorted; an {@link IOException} where it can't be read. */
  public static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    }
  }

  private static Path setAside(Path folder) throws IOException {
    Path aside = folder.resolveSibling(folder.getFileName() + ".old" + PARTIAL);
    deleteTree(aside);
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      moveInPlace(folder, aside);
    }
    return aside;
  }

  private static Path partial(Path path) {
    return path.resolveSibling(path.getFileName() + PARTIAL);
  }

  private static void moveInPlace(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
    syncFolder(to.toAbsolutePath().getParent());
  }

  private static void syncTree(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      paths.forEach(
          path -> {
            try {
              if (Files.isDirectory(path)) {
                syncFolder(path);
              } else {
                sync(path);
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void syncFolder(Path folder) throws IOException {
    if (isWindows()) {
      return; // a folder can't be opened there; the rename is journalled
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static boolean isWindows() {
    return System.getProperty("os.name").startsWith("Windows");
  }

  /**
   * Deletes a file, or a folder with all that is in it. Links are deleted, not followed.
   *
   * @param path the file or folder; nothing happens where it doesn't exist
   * @throws IOException when something can't be deleted
   */
  public static void deleteTree(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
