package org.rlhf4j.data.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.FileRows;
import org.rlhf4j.data.row.Messages;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.settings.UserException;

class DataReportTest {

  private static final Location PLACE = new Location("a.jsonl", 3, 1);

  private static DataReport report() {
    DataReport.Builder builder =
        new DataReport.Builder(64, List.of(new BadRow(PLACE, "no \"prompt\"; add it")));
    builder.read(new Comparison("p", "a", "b", 0, PLACE));
    builder.kept(10, 4, 0);
    builder.ended();
    builder.read(new Comparison("p", "a", "b", 1, new Location("a.jsonl", 4, 1)));
    builder.kept(60, 4, 7);
    builder.cutTrained(7);
    builder.ended();
    builder.read(new Comparison("q", "a", "a", 0, PLACE));
    builder.kept(2, 1, 0);
    builder.read(new Comparison("r", "a", "b", 0, PLACE));
    builder.dropped(DataReport.COMPLETION_TOO_LONG);
    builder.files(
        List.of(new FileRows("a.jsonl", Map.of("chosen, rejected", 4), Map.of(), Map.of(), 0)));
    return builder.build();
  }

  @Test
  void countsWhatBecameOfTheRows() {
    DataReport report = report();
    assertThat(report.read()).isEqualTo(4);
    assertThat(report.kept()).isEqualTo(3);
    assertThat(report.skipped()).isEqualTo(1);
    assertThat(report.cut()).isEqualTo(1);
    assertThat(report.dropped()).isEqualTo(1);
    assertThat(report.identical()).isEqualTo(1);
    assertThat(report.duplicates()).isEqualTo(1);
    assertThat(report.rowTokens()).isEqualTo(new DataReport.Lengths(14, 64, 64, 64));
  }

  @Test
  void takesPercentilesByNearestRank() {
    // Of 1 to 200, each once: half don't exceed 100, 90 % not 180, 99 % not 198.
    assertThat(
            DataReport.Lengths.of(IntStream.rangeClosed(0, 200).map(i -> i > 0 ? 1 : 0).toArray()))
        .isEqualTo(new DataReport.Lengths(100, 180, 198, 200));
    // Nine rows of no token and one of two: 9 in 10 don't exceed 0.
    assertThat(DataReport.Lengths.of(new int[] {9, 0, 1}))
        .isEqualTo(new DataReport.Lengths(0, 0, 2, 2));
    assertThat(DataReport.Lengths.of(new int[8])).isEqualTo(new DataReport.Lengths(0, 0, 0, 0));
  }

  @Test
  void readsAsAParagraph() {
    assertThat(report().text())
        .isEqualTo(
            "4 rows read, 3 kept (4 of chosen, rejected); 1 bad rows skipped; 1 prompts cut to fit"
                + " 64 tokens, 7 tokens not trained on; 1 dropped (completion too long: 1); the end"
                + " is kept in 50.0 %; 1 duplicates, 1 with identical sides. Tokens in a"
                + " row: median 14, 90% up to 64, longest 64 (prompt median 10, 90% up to 60,"
                + " longest 60; completion median 4, 90% up to 4, longest 4).");
  }

  @Test
  void ofPromptsItTellsTheirLengthAlone() {
    DataReport.Builder builder = new DataReport.Builder(64, List.of());
    builder.read(new PromptRow("p", Optional.empty(), PLACE));
    builder.kept(7, 0, 0);
    assertThat(builder.build().text())
        .endsWith(" Tokens in a prompt: median 7, 90% up to 7, longest 7.");
  }

  @Test
  void saysWhyNoRowIsLeft() {
    DataReport.Builder builder = new DataReport.Builder(3, List.of());
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> builder.build().requireRows())
        .withMessage("no rows are left to train on; check --data and --eval-fraction");
    builder.read(new Comparison("p", "a", "b", 0, PLACE));
    builder.dropped(DataReport.COMPLETION_TOO_LONG);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> builder.build().requireRows())
        .withMessage("all 1 rows dropped (completion too long: 1); raise --max-length (3)");
    assertThatCode(report()::requireRows).doesNotThrowAnyException();
  }

  @Test
  void countsEmptyAnswersAndRowsThatEndInTheUsersTurn() {
    DataReport.Builder builder = new DataReport.Builder(64);
    builder.read(new Comparison("\n\nHuman: a\n\nAssistant:", " ", " b", 0, PLACE));
    builder.read(new Comparison("", " b\n\nHuman: Thanks!", " b", 0, PLACE));
    builder.read(new Comparison("", " b\n\nHuman: c\n\nAssistant: d", " b", 0, PLACE));
    List<ChatMessage> hi = List.of(new ChatMessage("user", "Hi"));
    List<ChatMessage> silent = List.of(new ChatMessage("assistant", ""), hi.get(0));
    builder.read(
        new Demonstration("", "", false, PLACE, Optional.of(new Messages(hi, List.of(silent)))));
    DataReport report = builder.build();
    assertThat(report.emptyAnswers()).isEqualTo(2);
    assertThat(report.endInUser()).isEqualTo(2);
    assertThat(report.text())
        .contains("0 with identical sides, 2 with an empty answer, 2 that end in the user's turn.");
  }

  @Test
  void isWrittenAsJson() throws JsonProcessingException {
    assertThat(new ObjectMapper().writeValueAsString(report()))
        .isEqualTo(
            "{\"forms\":{\"chosen, rejected\":4},\"files\":[{\"file\":\"a.jsonl\",\"forms\":{\"chosen, rejected\":4},"
                + "\"ignored\":{},\"remarks\":{},\"blank\":0}],\"read\":4,\"skipped\":1,\"kept\":3,\"cut\":1,\"cut_trained_tokens\":7,\"cut_dialogues\":0,\"cut_turns\":0,\"dropped\":1,"
                + "\"dropped_why\":{\"completion too long\":1},\"identical\":1,\"empty_answers\":0,\"end_in_user\":0,\"duplicates\":1,\"ended\":0.5,"
                + "\"max_length\":64,"
                + "\"prompt_tokens\":{\"p50\":10,\"p90\":60,\"p99\":60,\"max\":60},"
                + "\"completion_tokens\":{\"p50\":4,\"p90\":4,\"p99\":4,\"max\":4},"
                + "\"row_tokens\":{\"p50\":14,\"p90\":64,\"p99\":64,\"max\":64},"
                + "\"skipped_rows\":[\"a.jsonl:3:1: no \\\"prompt\\\"; add it\"]}");
  }

  @Test
  void stopsWhereTooManyRowsAreDropped() {
    assertThatCode(() -> report().limit(0.25)).doesNotThrowAnyException();
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> report().limit(0.05))
        .withMessage(
            "1 of 4 rows would be dropped (completion too long: 1), which is more than"
                + " --max-dropped 0.05 allows; raise --max-length (64) or --max-dropped");
  }
}
