package org.rlhf4j.rollout.reward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.UserException;

/** How programs are tried on sample rows, before any model is loaded. */
class RewardProgramsTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("rows.jsonl"), List.of(lines));
  }

  private RewardPrograms tried(Path file, String... programs) {
    return RewardPrograms.tried(
        Arrays.stream(programs).map(WeightedProgram::parse).toList(),
        60,
        RowFiles.of(List.of(file), RowFormat.USUAL),
        OnBadRow.FAIL,
        new PrintStream(shown, true, UTF_8));
  }

  private void fails(Path file, String program, String message) {
    assertThatThrownBy(() -> tried(file, program))
        .isInstanceOf(UserException.class)
        .hasMessage(message.replace("FILE", file.toString()));
  }

  @Test
  void theRowsOwnAnswersAndAnEmptyCompletionAreTried() throws IOException {
    Path file =
        file(
            "{\"prompt\": \"a\", \"answer\": \"so 12 #### 12\"}",
            "{\"prompt\": \"b\", \"answer\": 7}",
            "{\"prompt\": \"c\"}");
    tried(file, "number-after:####", "exact-match").close();
    // The answer 7 has no marker, so it is tried behind one: "#### 7".
    assertThat(shown.toString(UTF_8).lines())
        .containsExactly(
            "reward_number_after: tried on 3 rows; it gives 1 for their answers and 0 for an"
                + " empty completion",
            "reward_exact_match: tried on 3 rows; it gives 1 for their answers and 0 for an"
                + " empty completion");
  }

  @Test
  void oneThatNeedsAnswersIsRefusedWhereThereAreNone() throws IOException {
    Path file = file("{\"prompt\": \"a\"}", "{\"prompt\": \"b\", \"solution\": \"7\"}");
    fails(
        file,
        "exact-match",
        "FILE:1:1: --reward exact-match was tried on 2 rows and applies to none of them; each row"
            + " needs a field \"answer\" that fits it (--columns takes the answer from another"
            + " field)");
    tried(file, "regex:x", "length-penalty:1-2").close();
  }

  @Test
  void aCommandThatFailsIsNamedWithItsRow() throws IOException {
    Path file = file("{\"prompt\": \"a\"}");
    fails(
        file,
        "command:echo broken >&2; exit 3",
        "--reward command: 'echo broken >&2; exit 3' ended with exit code 3, again after a new"
            + " start; it said: broken (tried on FILE:1:1)");
  }

  @Test
  void dataThatCantBeReadIsNamed() {
    Path absent = folder.resolve("absent.jsonl");
    assertThatThrownBy(() -> tried(absent, "regex:x"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("absent.jsonl");
  }
}
