package org.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitRowsTest {

  @TempDir Path folder;

  private Path prompts(String name, int count) throws IOException {
    String lines =
        IntStream.range(0, count)
            .mapToObj(i -> "{\"prompt\":\"prompt " + i + "\"}\n")
            .collect(Collectors.joining());
    return Files.writeString(folder.resolve(name), lines + "{}\n");
  }

  @Test
  void holdsOutAShareOfTheDataWhereThereIsNothingElseToEvaluateOn() throws IOException {
    SplitRows<PromptRow> rows =
        SplitRows.read(
            List.of(prompts("a.jsonl", 100)), List.of(), 0.2, RowKind.PROMPTS, OnBadRow.SKIP);

    HeldOutSplit split = new HeldOutSplit(0.2);
    assertThat(rows.heldOut().rows()).isNotEmpty().allMatch(split::holdsOut);
    assertThat(rows.training().rows()).noneMatch(split::holdsOut);
    assertThat(rows.training().rows().size() + rows.heldOut().rows().size()).isEqualTo(100);
    assertThat(rows.training().bad()).hasSize(1);
    assertThat(rows.heldOut().bad()).isEmpty();
  }

  @Test
  void holdsOutNothingOfTheDataWhereFilesToEvaluateOnAreNamed() throws IOException {
    SplitRows<PromptRow> rows =
        SplitRows.read(
            List.of(prompts("a.jsonl", 50)),
            List.of(prompts("b.jsonl", 7)),
            0.2,
            RowKind.PROMPTS,
            OnBadRow.SKIP);

    assertThat(rows.training().rows()).hasSize(50);
    assertThat(rows.heldOut().rows()).hasSize(7);
    assertThat(rows.heldOut().bad()).hasSize(1);
  }
}
