package org.rlhf4j.data.file;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.rlhf4j.settings.UserException;

/** Rows as CSV records under a header; cells are kept as written, line ends in quotes included. */
final class CsvRows implements RowSource {

  private static final String SEPARATOR = "sep=";
  private static final String UNNAMED = "unnamed column ";

  private final TextLines lines;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private final long linesBefore;
  private List<String> header;
  private int blank;

  CsvRows(TextLines lines, char delimiter) {
    this.lines = lines;
    char named = named(lines.beginning(), delimiter);
    this.linesBefore = lines.line();
    try {
      this.parser = CSVFormat.DEFAULT.builder().setDelimiter(named).get().parse(lines.reader());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    this.records = parser.iterator();
  }

  /** The delimiter that Excel names in a line before the header, else the usual one. */
  private char named(String beginning, char usual) {
    String line = beginning.lines().findFirst().orElse("");
    if (!line.startsWith(SEPARATOR) || line.length() != SEPARATOR.length() + 1) {
      return usual;
    }
    lines.next();
    return line.charAt(SEPARATOR.length());
  }

  @Override
  public Fields next() {
    if (header == null) {
      CSVRecord first = read();
      if (first == null) {
        return null;
      }
      header = checkHeader(first);
    }
    CSVRecord record = read();
    while (record != null && record.size() > 1 && record.stream().allMatch(String::isEmpty)) {
      blank++;
      record = read();
    }
    return record == null ? null : fields(record);
  }

  @Override
  public int blankRows() {
    return blank;
  }

  @Override
  public void close() {
    lines.close();
  }

  private Fields fields(CSVRecord record) {
    Location location = location(record);
    if (!fits(record)) {
      throw new BadRowException(
          location,
          record.size()
              + " cells under a header of "
              + header.size()
              + "; quote a cell that holds the delimiter or a line end, or name the file's"
              + " --csv-delimiter");
    }
    Fields fields = new Fields(location, true);
    for (int i = 0; i < Math.min(header.size(), record.size()); i++) {
      boolean named = !header.get(i).startsWith(UNNAMED);
      if (named || !record.get(i).isBlank()) {
        fields.put(header.get(i), TextNode.valueOf(record.get(i)), location);
      }
    }
    return fields;
  }

  /** Whether a record has the header's cells, but for empty ones at the right end of either. */
  private boolean fits(CSVRecord record) {
    boolean more =
        record.stream().skip(header.size()).allMatch(String::isBlank)
            && record.size() >= header.size();
    boolean fewer = header.stream().skip(record.size()).allMatch(name -> name.startsWith(UNNAMED));
    return more || (record.size() < header.size() && fewer);
  }

  /**
   * The names without space around them. An index that pandas wrote has none, and columns that were
   * cleared in Excel have none either: from the second on they are told apart by their number.
   */
  private List<String> checkHeader(CSVRecord record) {
    List<String> names = new ArrayList<>();
    for (String cell : record) {
      String name = cell.strip();
      boolean unnamed = name.isEmpty() && !names.isEmpty();
      if (!unnamed && names.contains(name)) {
        throw new UserException(
            location(record) + ": the header names \"" + name + "\" twice; rename one column");
      }
      names.add(unnamed ? UNNAMED + names.size() : name);
    }
    return names;
  }

  private CSVRecord read() {
    lines.rowBegins();
    try {
      return records.hasNext() ? records.next() : null;
    } catch (UncheckedIOException e) {
      Location begin = new Location(lines.file(), lines.rowLine(), 1);
      throw new UserException(
          begin + ": malformed CSV (" + e.getCause().getMessage() + "); correct the quotes", e);
    }
  }

  /** The parser knows the line that a record ends on; its cells tell how many it spans. */
  private Location location(CSVRecord record) {
    long ends = 0;
    for (String cell : record) {
      ends += cell.chars().filter(c -> c == '\n').count();
    }
    return new Location(lines.file(), linesBefore + parser.getCurrentLineNumber() - ends, 1);
  }
}
