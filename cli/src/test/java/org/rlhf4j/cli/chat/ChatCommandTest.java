package org.rlhf4j.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UserException;

/** chat: lines in, answers out, by the template of the model's folder. */
class ChatCommandTest {

  private static final Path TINY =
      Path.of("../language-model/src/test/resources/fixtures/llama-gqa-tied");
  private static final SamplingSettings GREEDY = SamplingSettings.of(8, 0);
  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role[0] ~ m.content }}{% endfor %}"
          + "{% if add_generation_prompt %}a{% endif %}";

  @TempDir private Path folder;

  @BeforeEach
  void copyModel() throws IOException {
    try (Stream<Path> files = Files.list(TINY)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void answersAreSampledAfterTheRenderedDialogue() throws IOException {
    writeTemplate();
    try (LanguageModel model = LanguageModel.load(folder)) {
      String first = sampled(model, "sxuthe raina", 0);
      String second = sampled(model, "sxuthe raina" + first.strip() + "umorea", 1);
      StringWriter out = new StringWriter();
      lines(conversation(model, "x"), out, new StringWriter(), false)
          .talk(input("the rain\n\n  more \n/exit\nnever said\n"));
      assertThat(out).hasToString(first + "\n" + second + "\n");
    }
  }

  @Test
  void clearForgetsAllButTheSystemMessage() throws IOException {
    writeTemplate();
    try (LanguageModel model = LanguageModel.load(folder)) {
      StringWriter out = new StringWriter();
      lines(conversation(model, "x"), out, new StringWriter(), false)
          .talk(input("the rain\n/clear\nthe rain\n"));
      List<String> answers = out.toString().lines().toList();
      assertThat(out).hasToString(sampled(model, "sxuthe raina", 0) + "\n" + answers.get(1) + "\n");
      assertThat(answers.get(1)).isEqualTo(answers.get(0));
    }
  }

  @Test
  void piecesMakeUpTheAnswer() throws IOException {
    writeTemplate();
    try (LanguageModel model = LanguageModel.load(folder)) {
      SamplingSettings longer = SamplingSettings.of(40, 1);
      List<String> pieces = new ArrayList<>();
      new ChatSession(model, ChatTemplate.of(model.tokenizer()), longer, 3, null)
          .say("a", pieces::add);
      int[] prompt = model.tokenizer().encodeRaw("uaa");
      int[] ids = ids(model, longer, prompt, new SampleKey(3, 0, 0, 0));
      assertThat(String.join("", pieces)).isEqualTo(model.tokenizer().decodeContinuation(ids));
      assertThat(pieces).hasSizeGreaterThan(1);
    }
  }

  @Test
  void whatNoLongerFitsIsForgotten() throws IOException {
    writeTemplate();
    try (LanguageModel model = LanguageModel.load(folder)) {
      StringWriter err = new StringWriter();
      String line = "the rain is ending".repeat(2) + "\n";
      lines(conversation(model, null), new StringWriter(), err, false)
          .talk(input(line + line + line));
      assertThat(err.toString()).contains("the first 2 messages no longer fit");
    }
  }

  @Test
  void aMessageThatCannotBeAnsweredStopsOnlyWhereNoOneTypes() throws IOException {
    writeTemplate();
    try (LanguageModel model = LanguageModel.load(folder)) {
      String tooLong = "b".repeat(70) + "\n";
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(
              () ->
                  lines(conversation(model, null), new StringWriter(), new StringWriter(), false)
                      .talk(input(tooLong)))
          .withMessageContaining("doesn't fit in the model's 64 positions");
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      lines(conversation(model, null), out, err, true).talk(input(tooLong + "the rain\n"));
      assertThat(out).hasToString(sampled(model, "uthe raina", 0) + "\n");
      assertThat(err.toString()).startsWith("> rlhf: a message of 72 tokens").endsWith("> > ");
    }
  }

  @Test
  void aModelWithoutATemplateIsOneLine() {
    Outcome outcome = rlhf("chat", "--model", folder.toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines())
        .containsExactly(
            "rlhf: "
                + folder
                + ": it has no chat template, neither chat_template.jinja nor one in"
                + " tokenizer_config.json; add one, or give text instead of messages");
  }

  private void writeTemplate() throws IOException {
    Files.writeString(folder.resolve("chat_template.jinja"), TEMPLATE);
  }

  private static ChatSession conversation(LanguageModel model, String system) {
    return new ChatSession(model, ChatTemplate.of(model.tokenizer()), GREEDY, 0, system);
  }

  private static ChatLines lines(
      ChatSession conversation, StringWriter out, StringWriter err, boolean terminal) {
    return new ChatLines(conversation, new PrintWriter(out), new PrintWriter(err), terminal);
  }

  private static BufferedReader input(String text) {
    return new BufferedReader(new StringReader(text));
  }

  private static String sampled(LanguageModel model, String prompt, int answer) {
    int[] ids = model.tokenizer().encodeRaw(prompt);
    return model
        .tokenizer()
        .decodeContinuation(ids(model, GREEDY, ids, new SampleKey(0, answer, 0, 0)));
  }

  private static int[] ids(
      LanguageModel model, SamplingSettings settings, int[] prompt, SampleKey key) {
    return Generator.generate(
            model,
            settings,
            model.tokenizer().stopIds(),
            List.of(new GenerationRequest(prompt, List.of(key))),
            1)
        .get(0)
        .get(0)
        .ids();
  }
}
