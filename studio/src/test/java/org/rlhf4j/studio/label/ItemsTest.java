package org.rlhf4j.studio.label;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.settings.UserException;

class ItemsTest {

  @TempDir Path folder;
  private Labels labels;
  private Project project;

  @BeforeEach
  void open() {
    labels = Labelled.in(folder.resolve("store"));
    project = labels.projects().make("p");
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  private Items.Added add(OnBadRow onBadRow, String... rows) throws IOException {
    Path file = folder.resolve("rows.jsonl");
    Files.write(file, List.of(rows));
    return labels.items().add(project, RowFiles.of(List.of(file), RowFormat.USUAL), onBadRow);
  }

  @Test
  void whatIsAskedFollowsFromTheRow() throws IOException {
    Items.Added added =
        add(
            OnBadRow.FAIL,
            "{\"prompt\":\"a\",\"completions\":[\"1\",\"2\"]}",
            "{\"prompt\":\"a\",\"completions\":[\"2\",\"1\"]}",
            "{\"prompt\":\"b\",\"chosen\":\"1\",\"rejected\":\"2\"}",
            "{\"prompt\":\"c\",\"completions\":[\"1\",\"2\",\"3\"]}",
            "{\"prompt\":\"d\",\"completions\":[\"1\",\"1\"]}",
            "{\"prompt\":\"e\"}",
            "{\"prompt\":\"f\",\"completion\":\"draft\"}",
            "{\"text\":\"no prompt\"}");
    assertThat(added.lines())
        .containsExactly(
            "5 items added: 2 to compare, 1 to rank, 2 to write",
            "1 left out: the project has them already",
            "1 left out: their completions are the same text",
            "1 left out: texts without a prompt to write for");
  }

  @Test
  void aBadRowAddsNothingUnlessItIsSkipped() throws IOException {
    String[] rows = {"{\"prompt\":\"a\"}", "{\"prompt\": 3}", "{\"prompt\":\"b\"}"};
    assertThatThrownBy(() -> add(OnBadRow.FAIL, rows))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("rows.jsonl:2:")
        .hasMessageContaining("\"prompt\" should be a string");
    assertThat(labels.labelling().progress(project, labels.annotator()).items()).isZero();
    assertThat(add(OnBadRow.SKIP, rows).lines())
        .startsWith("2 items added: 2 to write", "1 bad rows left out");
  }

  @Test
  void anEmptyFileIsRefused() {
    assertThatThrownBy(() -> add(OnBadRow.SKIP, ""))
        .hasMessageContaining("holds no rows; check the file");
    assertThatThrownBy(() -> add(OnBadRow.SKIP, "{\"x\":1}"))
        .hasMessageContaining("no good row among 1");
  }

  @Test
  void aHundredThousandRowsAreAddedAndServed() throws IOException {
    Path file = folder.resolve("many.jsonl");
    Files.write(
        file,
        (Iterable<String>)
            IntStream.range(0, 100_000)
                    .mapToObj(i -> "{\"prompt\":\"" + i + "\",\"completions\":[\"yes\",\"no\"]}")
                ::iterator);
    RowFiles files = RowFiles.of(List.of(file), RowFormat.USUAL);
    assertThat(labels.items().add(project, files, OnBadRow.FAIL).count()).isEqualTo(100_000);
    assertThat(labels.items().add(project, files, OnBadRow.FAIL).repeated()).isEqualTo(100_000);
    assertThat(labels.labelling().next(project, labels.annotator())).isPresent();
  }

  @Test
  void projectsAreNamedPlainly() {
    for (String name : new String[] {"", "../up", "<b>", "a".repeat(65), " x", "'; drop"}) {
      assertThatThrownBy(() -> labels.projects().make(name))
          .hasMessageContaining("can't be a name");
    }
    assertThatThrownBy(() -> labels.projects().named("zwei"))
        .hasMessage(
            "there is no project 'zwei' in %s; there is p".formatted(labels.store().address()));
  }
}
