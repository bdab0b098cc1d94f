package org.rlhf4j.data.file;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.rlhf4j.settings.UserException;

/**
 * Rows of a Parquet file. A row's place is its number as the line, and the number of its column as
 * the column. Holds one row group at most.
 */
final class ParquetRows implements RowSource {

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private final String file;
  private final ParquetFileReader reader;
  private RecordReader<Group> group;
  private long left; // rows of the group
  private long row;

  ParquetRows(Path path) {
    this.file = path.toString();
    requireMagic(path);
    try {
      this.reader =
          ParquetFileReader.open(
              new LocalInputFile(path),
              ParquetReadOptions.builder(new PlainParquetConfiguration())
                  .withCodecFactory(new ParquetCodecs())
                  .build());
    } catch (IOException | RuntimeException e) {
      throw unreadable(1, e);
    }
  }

  @Override
  public Fields next() {
    try {
      Group values = read();
      return values == null ? null : fields(values);
    } catch (IOException | RuntimeException e) {
      throw unreadable(Math.max(row, 1), e);
    }
  }

  private Fields fields(Group values) {
    Fields fields = new Fields(new Location(file, row, 1), false);
    for (int column = 0; column < values.getType().getFieldCount(); column++) {
      fields.put(
          values.getType().getFieldName(column),
          ParquetValues.field(values, column),
          new Location(file, row, column + 1));
    }
    return fields;
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw unreadable(Math.max(row, 1), e);
    }
  }

  private Group read() throws IOException {
    while (left == 0) {
      PageReadStore pages = reader.readNextRowGroup();
      if (pages == null) {
        return null;
      }
      MessageType schema = reader.getFileMetaData().getSchema();
      group =
          new ColumnIOFactory()
              .getColumnIO(schema)
              .getRecordReader(pages, new GroupRecordConverter(schema));
      left = pages.getRowCount();
    }
    left--;
    row++;
    return group.read();
  }

  private void requireMagic(Path path) {
    byte[] first = new byte[MAGIC.length];
    byte[] last = new byte[MAGIC.length];
    try (RandomAccessFile bytes = new RandomAccessFile(path.toFile(), "r")) {
      if (bytes.length() >= 3L * MAGIC.length) {
        bytes.readFully(first);
        bytes.seek(bytes.length() - MAGIC.length);
        bytes.readFully(last);
      }
    } catch (IOException e) {
      throw unreadable(1, e);
    }
    if (!Arrays.equals(first, MAGIC) || !Arrays.equals(last, MAGIC)) {
      throw new UserException(
          new Location(file, 1, 1)
              + ": not a whole Parquet file (it doesn't begin and end in PAR1); copy or write it"
              + " again");
    }
  }

  private UserException unreadable(long at, Exception e) {
    String what = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new UserException(
        new Location(file, at, 1)
            + ": Parquet data that can't be read ("
            + what
            + "); copy or write the file again",
        e);
  }
}
