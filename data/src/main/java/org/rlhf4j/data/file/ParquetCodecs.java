package org.rlhf4j.data.file;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Unpacks the pages of Parquet files. Parquet's own factory finds its codecs through Hadoop, which
 * isn't here.
 */
final class ParquetCodecs implements CompressionCodecFactory {

  /** Makes a stream of a page's unpacked bytes. */
  @FunctionalInterface
  private interface Unpacker {
    InputStream open(byte[] packed) throws IOException;
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("nothing is written");
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case UNCOMPRESSED -> new Decompressor(ByteArrayInputStream::new);
      case SNAPPY ->
          new Decompressor(packed -> new ByteArrayInputStream(Snappy.uncompress(packed)));
      case GZIP ->
          new Decompressor(packed -> new GZIPInputStream(new ByteArrayInputStream(packed)));
      case ZSTD ->
          new Decompressor(packed -> new ZstdInputStream(new ByteArrayInputStream(packed)));
      default ->
          throw new IllegalArgumentException(
              "compressed with " + codec + ", but only snappy, gzip and zstd are read");
    };
  }

  @Override
  public void release() {
    // Nothing is kept.
  }

  private record Decompressor(Unpacker unpacker) implements BytesInputDecompressor {

    @Override
    public BytesInput decompress(BytesInput packed, int size) throws IOException {
      return BytesInput.from(unpack(packed.toInputStream().readAllBytes(), size));
    }

    @Override
    public void decompress(ByteBuffer packed, int packedSize, ByteBuffer output, int size)
        throws IOException {
      byte[] bytes = new byte[packedSize];
      packed.get(bytes);
      output.put(unpack(bytes, size));
    }

    @Override
    public void release() {
      // Nothing is kept.
    }

    /** The file says how long a page is; only what is there takes memory. */
    private byte[] unpack(byte[] packed, int size) throws IOException {
      try (InputStream in = unpacker.open(packed)) {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
          throw new IOException("a page is shorter than it says");
        }
        return bytes;
      }
    }
  }
}
