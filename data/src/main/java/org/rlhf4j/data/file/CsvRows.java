package org.rlhf4j.data.file;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.rlhf4j.settings.UserException;

/** Rows as CSV records under a header; cells are kept as written, line ends in quotes included. */
final class CsvRows implements RowSource {

  private final TextLines lines;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private List<String> header;

  CsvRows(TextLines lines, char delimiter) {
    this.lines = lines;
    try {
      this.parser = CSVFormat.DEFAULT.builder().setDelimiter(delimiter).get().parse(lines.reader());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    this.records = parser.iterator();
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
    return record == null ? null : fields(record);
  }

  @Override
  public void close() {
    lines.close();
  }

  private Fields fields(CSVRecord record) {
    Location location = location(record);
    if (record.size() != header.size()) {
      throw new BadRowException(
          location,
          record.size()
              + " cells under a header of "
              + header.size()
              + "; quote a cell that holds the delimiter or a line end, or name the file's"
              + " --csv-delimiter");
    }
    Fields fields = new Fields(location, true);
    for (int i = 0; i < header.size(); i++) {
      fields.put(header.get(i), TextNode.valueOf(record.get(i)), location);
    }
    return fields;
  }

  private List<String> checkHeader(CSVRecord record) {
    TreeSet<String> seen = new TreeSet<>();
    for (String name : record) {
      if (!seen.add(name)) {
        throw new UserException(
            location(record) + ": the header names \"" + name + "\" twice; rename one column");
      }
    }
    return record.toList();
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
    return new Location(lines.file(), parser.getCurrentLineNumber() - ends, 1);
  }
}
