package org.rlhf4j.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlhf4j.settings.UserException;

/** Against what the gguf package makes of the same bytes and numbers, bit for bit. */
class BlocksTest {
  static final Path FIXTURES = Path.of("src/test/resources/gguf");

  @ParameterizedTest
  @EnumSource(GgufType.class)
  void blocksStandForTheNumbersOfThePackage(GgufType type) throws IOException {
    JsonNode expected = fixture().path("decoded").path(type.name());
    byte[] bytes = HexFormat.of().parseHex(expected.path("bytes").textValue());
    float[] values = new float[expected.path("bits").size()];
    assertThat(type.bytes(values.length)).isEqualTo(bytes.length);
    Blocks.decode(type, ByteBuffer.wrap(bytes), values);
    assertThat(bits(values)).containsExactly(ints(expected.path("bits")));
  }

  @Test
  void numbersBecomeTheBlocksOfThePackage() throws IOException {
    JsonNode expected = fixture().path("q8_0");
    float[] values = floats(ints(expected.path("bits")));
    ByteBuffer bytes = ByteBuffer.allocate((int) GgufType.Q8_0.bytes(values.length));
    BlockEncoder.encode(
        "t", GgufType.Q8_0, values, values.length, bytes.order(ByteOrder.LITTLE_ENDIAN));
    assertThat(HexFormat.of().formatHex(bytes.array()))
        .isEqualTo(expected.path("bytes").textValue());
  }

  /** 8,323,072 / 127 = 65,536, which is beyond half precision; a number less fits. */
  @Test
  void whatATypeIsTooSmallForIsRefusedByName() {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> encode(GgufType.F16, 70_000))
        .withMessage("tensor t holds 70000.0, too large for f16; write it with --type f32");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> encode(GgufType.Q8_0, 8_323_072))
        .withMessageContaining("too large for q8_0");
    encode(GgufType.Q8_0, 8_000_000);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> encode(GgufType.F32, Float.NaN))
        .withMessage("tensor t holds NaN; nothing is written");
  }

  private static void encode(GgufType type, float value) {
    float[] values = new float[32];
    values[5] = value;
    BlockEncoder.encode("t", type, values, 32, ByteBuffer.allocate(128));
  }

  private static JsonNode fixture() throws IOException {
    return new ObjectMapper().readTree(FIXTURES.resolve("blocks.json").toFile());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  private static float[] floats(int[] bits) {
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    return values;
  }
}
