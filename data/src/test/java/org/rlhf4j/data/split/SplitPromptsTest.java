package org.rlhf4j.data.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.tokenizer.Tokenizer;

class SplitPromptsTest {

  private static final Path BYTES = Path.of("src/test/resources/tokenizers/byte-bpe");

  @TempDir private Path folder;

  private Path prompts(String name, int count) throws IOException {
    return Files.write(
        folder.resolve(name),
        IntStream.range(0, count)
            .mapToObj(i -> "{\"prompt\":\"prompt " + i + "\",\"answer\":\"" + i + "\"}")
            .toList());
  }

  private static SplitPrompts read(RowFiles data, List<Path> evalData, double fraction) {
    try (Tokenizer tokenizer = Tokenizer.load(BYTES)) {
      return SplitPrompts.read(
          new SplitFiles(data, RowFiles.of(evalData, RowFormat.USUAL), fraction),
          RowKind.PROMPTS,
          OnBadRow.FAIL,
          new RowTokenizer(tokenizer, 64),
          32);
    }
  }

  @Test
  void aShareIsHeldOutByThePromptsHash() throws IOException {
    RowFiles data = RowFiles.of(List.of(prompts("a.jsonl", 100)), RowFormat.USUAL);
    SplitPrompts split = read(data, List.of(), 0.2);
    HeldOutSplit expected = new HeldOutSplit(0.2);
    assertThat(split.heldOut())
        .isNotEmpty()
        .allMatch(prompt -> expected.holdsOut(prompt.row()))
        .allMatch(prompt -> prompt.row().answer().isPresent());
    assertThat(split.training()).noneMatch(prompt -> expected.holdsOut(prompt.row()));
    assertThat(split.training().size() + split.heldOut().size()).isEqualTo(100);
    assertThat(split.lines())
        .anyMatch(line -> line.startsWith("prompts: "))
        .anyMatch(line -> line.startsWith("held-out prompts: "))
        .anyMatch(line -> line.startsWith("prompts on both sides: "));
  }

  @Test
  void filesToEvaluateOnAreHeldOutWholeAndOnce() throws IOException {
    RowFiles data = new RowFiles(List.of(prompts("a.jsonl", 10)), List.of(2.0), RowFormat.USUAL);
    SplitPrompts split = read(data, List.of(prompts("b.jsonl", 4)), 0.5);
    assertThat(split.training()).hasSize(20);
    assertThat(split.heldOut()).hasSize(4);
    assertThat(split.lines()).contains("an epoch takes 20 rows, by data-weights");
  }

  @Test
  void nothingIsSaidOfWhatIsNotHeldOut() throws IOException {
    RowFiles data = RowFiles.of(List.of(prompts("a.jsonl", 10)), RowFormat.USUAL);
    SplitPrompts split = read(data, List.of(), 0);
    assertThat(split.heldOut()).isEmpty();
    assertThat(split.lines()).noneMatch(line -> line.contains("held-out"));
  }
}
