package org.rlhf4j.training.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Records byte for byte. The same bytes are written by tensorboard 2.21.0's own RecordWriter:
 * {@code bench/reference/check_tensorboard.py records} prints them.
 */
class EventRecordTest {

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** The check value of CRC-32C (RFC 3720) is e3069283. */
  @Test
  void crcIsMasked() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    // e3069283 rotated right by 15 is 2507c60d; + a282ead8 = c78ab0e5
    assertThat(EventRecord.maskedCrc(digits)).isEqualTo(0xc78ab0e5);
  }

  @Test
  void aFileBeginsWithItsVersion() {
    assertThat(hex(EventRecord.version(1.5)))
        .isEqualTo(
            "1800000000000000" // 24 bytes follow
                + "a37f4b22"
                + "09000000000000f83f" // 1 << 3 | 1: wall_time 1.5
                + "1a0d627261696e2e4576656e743a32" // 3 << 3 | 2: 13 bytes, brain.Event:2
                + "2a28646c");
  }

  @Test
  void aStartNamesTheStepFromWhichEarlierRecordsAreVoid() {
    assertThat(hex(EventRecord.start(1.5, 300)))
        .isEqualTo(
            "1000000000000000"
                + "95fbfe18"
                + "09000000000000f83f"
                + "10ac02" // 2 << 3 | 0: step 300 = 0b10_0101100
                + "3a020801" // 7 << 3 | 2: 2 bytes, status START
                + "713b788a");
  }

  @Test
  void scalarsAreSinglePrecisionAndMayBeNoNumbers() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 0.25);
    values.put("kl", Double.NaN);
    assertThat(hex(EventRecord.scalars(1.5, 300, values)))
        .isEqualTo(
            "2600000000000000"
                + "734fe300"
                + "09000000000000f83f"
                + "10ac02"
                + "2a18" // 5 << 3 | 2: a summary of 24 bytes
                + "0a0b"
                + "0a046c6f7373"
                + "150000803e" // loss, 2 << 3 | 5: 0.25
                + "0a09"
                + "0a026b6c"
                + "150000c07f" // kl, NaN
                + "e5ba21e5");
  }
}
