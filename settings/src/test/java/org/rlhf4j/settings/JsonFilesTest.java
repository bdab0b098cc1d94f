package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFilesTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[ | 1001 | f:1:1: JSON beyond what is read (Document nesting depth (1001) exceeds",
        "9 | 1001 | f:1:1: JSON beyond what is read (Number value length (1001) exceeds",
        "x | 1 | f:1:1: not valid JSON; save the file again"
      })
  void whatCannotBeReadIsOneLine(String text, int times, String message) {
    byte[] json = text.repeat(times).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> JsonFiles.parse(Path.of("f"), json))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aFolderIsNoFile() {
    assertThatThrownBy(() -> JsonFiles.bytes(folder))
        .hasMessage(folder + ": not a regular file; name a JSON file");
  }
}
