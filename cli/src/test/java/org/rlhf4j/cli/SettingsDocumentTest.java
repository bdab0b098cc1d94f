package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Holds docs/settings.md against what the commands take. */
class SettingsDocumentTest {

  private static final Path WRITTEN = Path.of("..", "docs", "settings.md");
  private static final Path GENERATED = Path.of("target", "settings.md");

  @Test
  void documentationListsEverySettingAsItIs() throws IOException {
    Files.writeString(GENERATED, Rlhf.settingsDocument());

    assertThat(WRITTEN)
        .as("cp cli/target/settings.md docs/settings.md makes it so")
        .hasSameTextualContentAs(GENERATED);
  }
}
