package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.tokenizer.Tokenizer;

class TokenTextsTest {

  @TempDir private Path folder;

  private TokenTexts texts() throws IOException {
    return TokenTexts.of(ReportedRun.read(folder, "run"));
  }

  @Test
  void textsOfTokensMakeUpTheText() throws IOException {
    Files.writeString(folder.resolve("metrics.jsonl"), "");
    WrittenRuns.withTokenizer(folder);
    String text = " is it snowing? ☃ yes";
    try (Tokenizer tokenizer = Tokenizer.load(WrittenRuns.TOKENIZER);
        TokenTexts texts = texts()) {
      int[] ids = tokenizer.encodeContinuation(text);
      List<String> parts = texts.of(ids);
      assertThat(parts).hasSize(ids.length);
      assertThat(String.join("", parts)).isEqualTo(tokenizer.decodeRaw(ids));
      assertThat(parts).noneMatch(part -> part.contains("\uFFFD"));
      assertThat(texts.ended(ids)).isFalse();
      assertThat(texts.ended(new int[] {ids[0], tokenizer.eosId()})).isTrue();
    }
  }

  @Test
  void withoutATokenizerTheIdsAreShown() throws IOException {
    Files.writeString(folder.resolve("metrics.jsonl"), "");
    try (TokenTexts texts = texts()) {
      assertThat(texts.of(new int[] {7, 12})).containsExactly("#7 ", "#12 ");
    }
  }
}
