package org.rlhf4j.data.row;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table in docs/own-data.md is the recogniser's. */
class LayoutTableTest {

  private static final String HEAD =
      """
      | fields | read as the prompt | read as completions | read as scores | a peer that reads it |
      | --- | --- | --- | --- | --- |
      """;

  @Test
  void theDocumentHasTheTable() throws IOException {
    String table =
        HEAD
            + Stream.of(RowLayout.values()).map(RowLayout::row).collect(Collectors.joining("\n"))
            + "\n";
    assertThat(Files.readString(Path.of("../docs/own-data.md"))).contains(table);
  }
}
