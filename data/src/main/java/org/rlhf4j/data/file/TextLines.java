package org.rlhf4j.data.file;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.rlhf4j.settings.UserException;

/**
 * The text of a file, strictly decoded, unpacked where it is gzip, a leading byte-order mark cut:
 * line by line with {@link #next}, or as a {@link #reader} for a parser of its own. Holds one row
 * at most.
 */
final class TextLines implements AutoCloseable {

  /** The most characters of a row: beyond it a line end or a closing quote is likely missing. */
  static final int LONGEST_ROW = 1 << 24;

  private static final int BUFFER = 1 << 16;
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final String NUL = "\0";
  private static final String NUL_FOUND =
      "a NUL character, which no text has; correct the file, or name its --encoding";

  private final String file;
  private final InputStream in;
  private final Charset charset;
  private final CharsetDecoder decoder;
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
  private final CharBuffer chars = CharBuffer.allocate(BUFFER).flip();
  private boolean begun;
  private boolean ended;
  private String fault; // what stands at this place instead of a character, or null
  private long line;
  private int column;
  private long rowLine = 1;
  private int rowLength;

  private TextLines(String file, InputStream in, Charset charset) {
    this.file = file;
    this.in = in;
    this.charset = charset;
    this.decoder =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  static TextLines open(Path path, boolean gzip, Charset charset) {
    String file = path.toString();
    InputStream raw = null;
    try {
      raw = Files.newInputStream(path);
      return new TextLines(file, gzip ? new GZIPInputStream(raw, BUFFER) : raw, charset);
    } catch (IOException e) {
      closeQuietly(raw, e);
      throw unreadable(new Location(file, 1, 1), e);
    }
  }

  String file() {
    return file;
  }

  /** The number of the line that {@link #next} returned last, from 1. */
  long line() {
    return line;
  }

  /** What is ahead, as far as it was decoded, from the first character on that isn't blank. */
  String beginning() {
    return ahead() ? chars.toString().stripLeading() : "";
  }

  /**
   * Returns the next line with its line end, or null after the last.
   *
   * @throws BadRowException if the line can't be decoded or is too long; the next one can be read
   */
  String next() {
    StringBuilder text = new StringBuilder();
    BadRowException bad = null;
    boolean any = false;
    while (ahead()) {
      any = true;
      if (fault != null) {
        bad = bad == null ? bad(text.length() + 1, fault) : bad;
        fault = null;
        continue;
      }
      boolean whole = take(text);
      if (text.length() > LONGEST_ROW) {
        bad = bad == null ? bad(1, tooLong()) : bad;
        text.setLength(0); // no more of it is held
      }
      if (whole) {
        break;
      }
    }
    if (!any) {
      return null;
    }
    int nul = text.indexOf(NUL);
    bad = bad == null && nul >= 0 ? bad(nul + 1, NUL_FOUND) : bad;
    line++;
    if (bad != null) {
      throw bad;
    }
    return text.toString();
  }

  /** Moves characters to the text up to the end of the line; tells whether it was reached. */
  private boolean take(StringBuilder text) {
    int from = chars.position();
    int at = endOfLine(chars.remaining());
    text.append(chars.array(), from, at - from);
    chars.position(at);
    return chars.get(at - 1) == '\n';
  }

  /** Where the line, the buffer or so many characters end, whichever comes first. */
  private int endOfLine(int most) {
    int at = chars.position();
    int limit = at + Math.min(most, chars.remaining());
    while (at < limit) {
      if (chars.get(at++) == '\n') {
        break;
      }
    }
    return at;
  }

  /** Says that the parser that reads on is at the beginning of a row. */
  void rowBegins() {
    rowLine = line + 1;
    rowLength = 0;
  }

  /** The line of the latest row that a parser said it begins. */
  long rowLine() {
    return rowLine;
  }

  /**
   * The rest of the file for a parser of its own, a line at most at a time, so that a fault comes
   * after the rows before it; what can't be decoded ends it.
   */
  Reader reader() {
    return new Reader() {
      @Override
      public int read(char[] target, int offset, int length) {
        if (!ahead()) {
          return -1;
        }
        if (fault != null) {
          throw new UserException(bad(column + 1, fault).getMessage());
        }
        int from = chars.position();
        int count = endOfLine(length) - from;
        int nul = new String(chars.array(), from, count).indexOf(NUL);
        if (nul >= 0) {
          throw new UserException(bad(column + nul + 1, NUL_FOUND).getMessage());
        }
        chars.get(target, offset, count);
        boolean whole = chars.get(from + count - 1) == '\n';
        line += whole ? 1 : 0;
        column = whole ? 0 : column + count;
        rowLength += count;
        if (rowLength > LONGEST_ROW) {
          throw new UserException(new Location(file, rowLine, 1) + ": " + tooLong());
        }
        return count;
      }

      @Override
      public void close() {
        TextLines.this.close();
      }
    };
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw unreadable(new Location(file, Math.max(line, 1), 1), e);
    }
  }

  /** Whether a character or a fault is ahead; decodes more where none is. */
  private boolean ahead() {
    while (!chars.hasRemaining() && fault == null) {
      if (!decode()) {
        return false;
      }
      if (!begun && chars.hasRemaining()) {
        begun = true;
        chars.position(chars.get(0) == BYTE_ORDER_MARK ? 1 : 0);
      }
    }
    return true;
  }

  /** Decodes some characters, or sets the fault that comes next; false at the end of the file. */
  private boolean decode() {
    chars.clear();
    CoderResult result = decoder.decode(bytes, chars, ended);
    chars.flip();
    if (chars.hasRemaining()) {
      return true; // an error comes again, after these
    }
    if (result.isError()) {
      fault =
          String.format(
              Locale.ROOT,
              "byte 0x%02X isn't %s; save the file as UTF-8, or name what it is with --encoding",
              bytes.get(bytes.position()),
              charset.name());
      bytes.position(bytes.position() + result.length());
      return true;
    }
    return !ended && read();
  }

  private boolean read() {
    bytes.compact();
    try {
      int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
      ended = count < 0;
      bytes.position(bytes.position() + Math.max(0, count)).flip();
    } catch (IOException e) {
      throw unreadable(new Location(file, line + 1, 1), e);
    }
    return true;
  }

  private BadRowException bad(int at, String reason) {
    return new BadRowException(new Location(file, line + 1, at), reason);
  }

  private static String tooLong() {
    return String.format(
        Locale.ROOT,
        "a row of more than %,d characters; is a line end or a closing quote missing?",
        LONGEST_ROW);
  }

  private static UserException unreadable(Location location, IOException e) {
    String reason;
    if (e instanceof EOFException) {
      reason = "the gzip data ends early; copy or write the file again";
    } else if (e instanceof ZipException) {
      reason = "damaged gzip data (" + e.getMessage() + "); copy or write the file again";
    } else {
      reason = "can't be read (" + e.getMessage() + "); check the file";
    }
    return new UserException(location + ": " + reason, e);
  }

  private static void closeQuietly(InputStream in, IOException cause) {
    try {
      if (in != null) {
        in.close();
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
