package org.rlhf4j.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UserException;

class SafetensorsTest {
  @TempDir private Path folder;

  @Test
  void aPointerOfGitLfsIsToldFromADamagedFile() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Files.writeString(
        file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n");
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(UserException.class)
        .hasMessage(
            file
                + ": this is only Git LFS's pointer to the weights; `git lfs pull` downloads them");
  }

  @Test
  void readsBackWhatItWrote() throws IOException {
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    tensors.put("z", tensor(List.of(2L, 3L), 1, -2.5f, 3, 0, Float.MIN_VALUE, 1e38f));
    tensors.put("a.scalar", tensor(List.of(), Float.NEGATIVE_INFINITY));
    tensors.put("none", tensor(List.of(0L, 4L)));
    Path file = folder.resolve("x.safetensors");

    Safetensors.write(file, tensors);
    Safetensors read = Safetensors.open(file);

    assertThat(read.entries().keySet()).containsExactlyInAnyOrder("z", "a.scalar", "none");
    assertThat(read.entries().get("z").shape()).containsExactly(2L, 3L);
    assertThat(read.values("z")).containsExactly(1, -2.5f, 3, 0, Float.MIN_VALUE, 1e38f);
    assertThat(read.values("a.scalar")).containsExactly(Float.NEGATIVE_INFINITY);
    assertThat(read.values("none")).isEmpty();
    // Tensors begin at a multiple of eight bytes, as memory mapping wants them.
    assertThat(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).getLong())
        .matches(length -> length % 8 == 0);
  }

  /** 1 = 3f80 0000, −2 = c000 0000 in fp32; 1 = 3c00 and 2⁻²⁴ = 0001 in fp16. */
  @Test
  void widensSixteenBits() throws IOException {
    String header =
        """
        {"b": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
         "h": {"dtype": "F16", "shape": [2], "data_offsets": [4, 8]}}""";
    byte[] data = {(byte) 0x80, 0x3f, 0, (byte) 0xc0, 0, 0x3c, 1, 0};
    Safetensors read = Safetensors.open(file(header, data));

    assertThat(read.values("b")).containsExactly(1, -2);
    assertThat(read.values("h")).containsExactly(1, 0x1p-24f);
  }

  /** 1 = 3f80, −2 = c000 and 1 + 3 · 2⁻⁸ → 1 + 2⁻⁶ = 3f82 in bf16; 3c00, c000, 3c0c in fp16. */
  @Test
  void writesSixteenBits() throws IOException {
    Map<String, StridedTensor> tensors = Map.of("w", tensor(List.of(3L), 1, -2, 0x1.03p0f));
    assertThat(written(tensors, Dtype.BF16)).isEqualTo("803f00c0823f");
    assertThat(written(tensors, Dtype.FP16)).isEqualTo("003c00c00c3c");
    assertThat(written(tensors, Dtype.FP32)).isEqualTo("0000803f000000c00080813f");
    assertThatThrownBy(() -> written(Map.of("big", tensor(List.of(2L), 1, 1e6f)), Dtype.FP16))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("tensor big holds 1000000.0, too large for fp16");
  }

  /** The bytes behind the header. */
  private String written(Map<String, StridedTensor> tensors, Dtype dtype) throws IOException {
    Path file = folder.resolve(dtype + ".safetensors");
    Safetensors.write(file, tensors, dtype);
    byte[] bytes = Files.readAllBytes(file);
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertThat(Safetensors.open(file).entries().values())
        .allSatisfy(entry -> assertThat(entry.type()).isEqualTo(dtype.type()));
    return HexFormat.of().formatHex(bytes, 8 + (int) header, bytes.length);
  }

  @Test
  void otherTypesMayLieInAFileButArentRead() throws IOException {
    String header =
        """
        {"mask": {"dtype": "BOOL", "shape": [4], "data_offsets": [0, 4]},
         "w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}""";
    Safetensors read = Safetensors.open(file(header, new byte[8]));

    assertThat(read.values("w")).containsExactly(0);
    assertThatThrownBy(() -> read.values("mask"))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("tensor mask is BOOL; F32, BF16 and F16 are read");
  }

  /** Eight bytes of data behind each header. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"w\": | its header isn't JSON",
        "[1, 2] | its header isn't a JSON object",
        "{\"w\":1} | tensor w is ; F32",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | claims bytes 0 to 4",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}} | claims bytes 4 to 12",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-4,4]}} | claims bytes -4 to 4",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}} | claims bytes 8 to 4",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}} | claims bytes 0 to -1",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}} | claims bytes -1 to -1",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | of shape [-2]",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[\"x\"],\"data_offsets\":[0,8]}} | of shape [-1]",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905,2],\"data_offsets\":[0,8]}} | shape",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2147483648,2147483648],\"data_offsets\":[0,8]}} | shape",
        "{\"w\":{\"dtype\":\"F8_E8M0\",\"shape\":[8],\"data_offsets\":[0,8]}} | is F8_E8M0; F32",
        "{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor w overlaps",
        // What the reference library refuses too.
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 bytes after the last",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | bytes before tensor w",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} x | isn't JSON",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\"0\",\"8\"]}} | claims bytes -1",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":\"2\",\"data_offsets\":[0,4]}} | of shape []",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | isn't JSON"
      })
  void aDamagedHeaderIsOneLine(String header, String reason) throws IOException {
    refused(file(header, new byte[8]), reason);
  }

  @Test
  void aTruncatedFileIsOneLine() throws IOException {
    Path whole = folder.resolve("whole.safetensors");
    Safetensors.write(whole, Map.of("w", tensor(List.of(2L), 1, 2)));
    byte[] bytes = Files.readAllBytes(whole);
    for (int length = 0; length < bytes.length; length++) {
      Path cut = folder.resolve("cut.safetensors");
      Files.write(cut, Arrays.copyOf(bytes, length));
      refused(cut, length < bytes.length - 8 ? "header's length" : "claims bytes 0 to 8");
    }
  }

  @Test
  void aHeaderLengthBeyondTheFileTakesNoMemory() throws IOException {
    for (long length : new long[] {Long.MAX_VALUE, 1L << 40, 1 << 30, 9, 1, 0, -1}) {
      ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      refused(
          Files.write(folder.resolve("long.safetensors"), bytes.array()),
          "the header's length is " + length);
    }
  }

  @Test
  void aMissingFileIsOneLine() {
    assertThatThrownBy(() -> Safetensors.open(folder.resolve("no.safetensors")))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("no.safetensors: no such file");
  }

  /** Whatever bytes the header has: a map of tensors inside the file, or one line. */
  @Test
  void noHeaderGetsThrough() throws IOException {
    Random random = new Random(1);
    String whole =
        "{\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"w\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]}}";
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) (random.nextInt(95) + 32);
      }
      Path file = file(new String(bytes, StandardCharsets.UTF_8), new byte[8]);
      try {
        Safetensors read = Safetensors.open(file);
        read.entries().values().forEach(e -> assertThat(e.end()).isLessThanOrEqualTo(size(file)));
      } catch (UserException e) {
        assertThat(e.getMessage()).doesNotContain("\n");
      }
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void refused(Path file, String reason) {
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + utf8.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(utf8.length).put(utf8).put(data);
    return Files.write(folder.resolve("damaged.safetensors"), bytes.array());
  }

  private static StridedTensor tensor(List<Long> shape, float... values) {
    ByteBuffer memory = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      memory.putFloat(value);
    }
    return StridedTensor.contiguous(shape, memory);
  }
}
