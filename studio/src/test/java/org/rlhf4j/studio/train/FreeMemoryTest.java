package org.rlhf4j.studio.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FreeMemoryTest {

  /** 24 kB are 24 times 1,024 bytes. */
  @Test
  void linesOfTheSystemAreRead() {
    List<String> lines = List.of("MemTotal:       24682944 kB", "MemAvailable:         24 kB");
    assertThat(FreeMemory.value(lines, "MemAvailable")).hasValue(24 * 1024);
    assertThat(FreeMemory.value(lines, "MemTotal")).hasValue(24_682_944L * 1024);
    assertThat(FreeMemory.value(lines, "MemFree")).isEmpty();
  }

  @Test
  void somethingIsFree() {
    assertThat(FreeMemory.bytes()).isPositive();
  }
}
