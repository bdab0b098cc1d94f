package org.rlhf4j.studio.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PasswordHashTest {

  /** RFC 7914, section 11; and Python's hashlib.pbkdf2_hmac("sha256", "pässwörd…"). */
  @ParameterizedTest
  @CsvSource({
    "passwd, salt, 1, 55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
    "Password, NaCl, 80000, 4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
    "pässwörd, salz, 1000, a8e4bc46a4afa5612489783fc2cf64498fac091f5e786621bf3aa6bccaabbc9a"
  })
  void itIsPbkdf2(String password, String salt, int rounds, String key) {
    byte[] derived =
        PasswordHash.derive(
            password.toCharArray(), salt.getBytes(StandardCharsets.UTF_8), rounds, 32);
    assertThat(HexFormat.of().formatHex(derived)).isEqualTo(key);
  }

  @Test
  void onlyThePasswordMatches() {
    String kept = PasswordHash.of("open sesame 1".toCharArray(), PasswordHash.ROUNDS);
    assertThat(kept).startsWith("pbkdf2-sha256$600000$").doesNotContain("sesame");
    assertThat(PasswordHash.matches(kept, "open sesame 1".toCharArray())).isTrue();
    assertThat(PasswordHash.matches(kept, "open sesame 2".toCharArray())).isFalse();
    assertThat(PasswordHash.matches(kept, new char[0])).isFalse();
    assertThat(PasswordHash.of("open sesame 1".toCharArray(), PasswordHash.ROUNDS))
        .as("salted")
        .isNotEqualTo(kept);
  }
}
