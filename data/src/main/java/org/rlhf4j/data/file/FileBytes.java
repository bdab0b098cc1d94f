package org.rlhf4j.data.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rlhf4j.settings.UserException;

/** What a file is by its first bytes, whatever its name says. */
final class FileBytes {

  private static final int READ = 32;

  /** What a file that can't be read may be: its first bytes as Latin-1, and what to do. */
  private static final Map<String, String> OTHERS = new LinkedHashMap<>();

  static {
    OTHERS.put(
        "PK\003\004", "a zip archive or an Excel workbook; unpack it, or save the sheet as CSV");
    OTHERS.put("(\u00B5/\u00FD", "packed by zstd; unpack it first");
    OTHERS.put("BZh", "packed by bzip2; unpack it first");
    OTHERS.put("\u00FD7zXZ", "packed by xz; unpack it first");
    OTHERS.put("version https://git-lfs", "a Git LFS pointer and not the data; run git lfs pull");
    OTHERS.put("<!DOCTYPE", "a web page and not the data; download the file itself");
    OTHERS.put("<html", "a web page and not the data; download the file itself");
    OTHERS.put("\u0089HDF", "an HDF5 file; save the rows as JSON lines");
    OTHERS.put("ARROW1", "an Arrow file; save the rows as Parquet or JSON lines");
  }

  private final String file;
  private final String first;

  private FileBytes(String file, String first) {
    this.file = file;
    this.first = first;
  }

  static FileBytes of(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return new FileBytes(
          path.toString(), new String(in.readNBytes(READ), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UserException(
          new Location(path.toString(), 1, 1)
              + ": can't be read ("
              + e.getMessage()
              + "); check the file",
          e);
    }
  }

  boolean isGzip() {
    return first.startsWith("\u001F\u008B");
  }

  boolean isParquet() {
    return first.startsWith("PAR1");
  }

  /** Refuses what is no text. */
  void requireText(RowFormat format) {
    OTHERS.forEach(
        (begin, what) -> {
          if (first.startsWith(begin)) {
            throw refused("this is " + what);
          }
        });
    boolean wide = first.startsWith("\u00FF\u00FE") || first.startsWith("\u00FE\u00FF");
    if (wide && format.encoding().equals(StandardCharsets.UTF_8)) {
      throw refused("its byte-order mark says UTF-16; name that with --encoding utf-16");
    }
  }

  private UserException refused(String what) {
    return new UserException(new Location(file, 1, 1) + ": " + what);
  }
}
