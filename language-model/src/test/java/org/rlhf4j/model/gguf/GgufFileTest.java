package org.rlhf4j.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;

/** A file of two tensors, whole, changed and cut. */
class GgufFileTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("small.gguf");
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("general.architecture", "llama");
    keys.put("a.number", 7);
    keys.put("a.float", 0.1f);
    keys.put("a.flag", true);
    keys.put("some.texts", List.of("one", "zwei", "\u4e09"));
    GgufWriter.write(file, keys, List.of(tensor("first", 2, 32), tensor("second", 3, 5)));
  }

  private static WrittenTensor tensor(String name, long rows, long columns) {
    ByteBuffer memory = ByteBuffer.allocate((int) (4 * rows * columns));
    StridedTensor view = StridedTensor.contiguous(List.of(rows, columns), memory);
    RowOrder order = new RowOrder(Layout.SAME, 1, 1);
    return new WrittenTensor(name, name, GgufType.F32, view, order);
  }

  @Test
  void whatIsWrittenIsRead() {
    GgufFile read = GgufFile.open(file);
    assertThat(read.metadata().text("general.architecture")).isEqualTo("llama");
    assertThat(read.metadata().positive("a.number")).isEqualTo(7);
    assertThat(read.metadata().number("a.float")).isEqualTo(0.1); // the same decimal
    assertThat(read.metadata().flag("a.flag", false)).isTrue();
    assertThat(read.metadata().texts("some.texts")).containsExactly("one", "zwei", "\u4e09");
    assertThat(read.tensors().get("second").shape()).containsExactly(3L, 5L);
    assertThat(read.tensors().get("second").offset() % 32).isZero();
  }

  @Test
  void eachCutIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    int end = (int) GgufFile.open(file).tensors().get("second").end();
    for (int length = 0; length < end; length++) {
      refused(Arrays.copyOf(whole, length), "this isn't a whole GGUF file");
    }
  }

  @Test
  void whatIsClaimedIsHeldAgainstTheFile() throws IOException {
    refused(patched(0, 'H'), "it doesn't begin with GGUF");
    refused(patched(4, 1), "is a GGUF file of version 1; little-endian files of versions 2 and 3");
    byte[] swapped = patched(4, 0);
    swapped[7] = 3;
    refused(swapped, "is a big-endian GGUF file");
    refused(patched(15, 0x7f), "it claims 9151314442816847874 tensors");
    refused(patched(23, 0x7f), "keys");
    int name = indexOf("second");
    int second = name + "second".length();
    refused(patched(second, 9), "the tensor second has 9 dimensions");
    refused(patched(second + 4 + 7, 1), "the tensor second of shape");
    refused(patched(second + 4 + 16, 3), "the tensor second is [3, 5], which isn't whole blocks");
    refused(patched(second + 4 + 16, 10), "tensor second is Q2_K; F32, F16, Q4_0, Q4_1, Q8_0,");
    refused(patched(second + 4 + 16, 99), "tensor second is of the unknown type 99;");
    refused(patched(second + 4 + 20, 1), "begins at byte 257 of the data");
    refused(patched(second + 4 + 21, 0), "overlaps another");
    refused(patched(second + 4 + 21, 0x20), "lies outside its");
  }

  @Test
  void aSplitModelIsRefused() throws IOException {
    GgufWriter.write(file, Map.of("split.count", 3), List.of());
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> GgufFile.open(file))
        .withMessageContaining("is one of 3 files of a split model (split.count)");
  }

  /** Whatever stands in a file, it is read or refused in one line. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noFileBreaksTheParser(long seed) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      byte[] changed = whole.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        changed[random.nextInt(400)] = (byte) random.nextInt(256);
      }
      Files.write(file, Arrays.copyOf(changed, whole.length - random.nextInt(3) * 200));
      try {
        GgufFile.open(file)
            .tensors()
            .values()
            .forEach(tensor -> assertInside(tensor, whole.length));
      } catch (UserException e) {
        assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n\n");
      } catch (RuntimeException e) {
        fail("seed " + seed + ", round " + round, e);
      }
    }
  }

  private static void assertInside(GgufTensor tensor, int length) {
    assertThat(tensor.offset()).isPositive();
    assertThat(tensor.end()).isLessThanOrEqualTo(length);
  }

  private byte[] patched(int place, int value) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[place] = (byte) value;
    return bytes;
  }

  private int indexOf(String text) throws IOException {
    List<Byte> all = new ArrayList<>();
    for (byte b : Files.readAllBytes(file)) {
      all.add(b);
    }
    List<Byte> wanted = new ArrayList<>();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      wanted.add(b);
    }
    return Collections.indexOfSubList(all, wanted);
  }

  private void refused(byte[] content, String message) throws IOException {
    Path changed = folder.resolve("changed.gguf");
    Files.write(changed, content);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> GgufFile.open(changed))
        .withMessageStartingWith(changed + ": ")
        .withMessageContaining(message);
  }
}
