package org.rlhf4j.model.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.jinja.Span;
import org.rlhf4j.settings.UserException;

/** The templates' renderings by transformers come from bench/reference/make_chat_fixtures.py. */
class ChatTemplateTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path CHAT = Path.of("src/test/resources/chat");
  private static final LocalDateTime NOW = LocalDateTime.of(2024, 7, 26, 12, 0);
  private static final JsonNode EXPECTED = expected();

  /** What is one token for the families' tokenizers. */
  private static final Set<String> TOKENS =
      Set.of(
          "<s>",
          "</s>",
          "<|im_start|>",
          "<|im_end|>",
          "<|start_header_id|>",
          "<|end_header_id|>",
          "<|eot_id|>",
          "<start_of_turn>",
          "<end_of_turn>",
          "<|user|>",
          "<|assistant|>",
          "<|end|>",
          "<|start_of_role|>",
          "<|end_of_role|>",
          "<|end_of_text|>",
          "<｜User｜>",
          "<｜Assistant｜>",
          "<｜end▁of▁sentence｜>",
          "<|START_OF_TURN_TOKEN|>",
          "<|END_OF_TURN_TOKEN|>",
          "<think>",
          "</think>");

  @TempDir Path folder;

  private static JsonNode expected() {
    try {
      return JSON.readTree(CHAT.resolve("expected.json").toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> families() {
    List<String> names = new ArrayList<>();
    EXPECTED.path("families").fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void thereAreMoreThanTwelveFamilies() {
    assertThat(families()).hasSizeGreaterThan(12).contains("qwen3", "smollm3", "llama3");
  }

  @ParameterizedTest
  @MethodSource("families")
  void rendersAsTransformersDoes(String family) throws IOException {
    ChatTemplate template = family(family);
    for (var dialogue : EXPECTED.path("dialogues").properties()) {
      List<ChatMessage> messages = messages(dialogue.getValue());
      JsonNode expected = EXPECTED.path("families").path(family).path(dialogue.getKey());
      for (String kind : List.of("text", "prompt")) {
        JsonNode text = expected.path(kind);
        boolean prompt = kind.equals("prompt");
        if (text.isNull()) {
          assertThatExceptionOfType(UserException.class)
              .as(dialogue.getKey())
              .isThrownBy(() -> template.render(messages, prompt));
        } else {
          assertThat(template.render(messages, prompt).text())
              .as(dialogue.getKey())
              .isEqualTo(text.textValue());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void findsWhatTheAssistantSays(String family) throws IOException {
    ChatTemplate template = family(family);
    int checked = 0;
    for (var dialogue : EXPECTED.path("dialogues").properties()) {
      JsonNode expected = EXPECTED.path("families").path(family).path(dialogue.getKey());
      if (expected.path("text").isNull()) {
        continue;
      }
      RenderedChat chat = template.dialogue(messages(dialogue.getValue()));
      List<String> said = new ArrayList<>();
      for (Span span : chat.assistant()) {
        said.add(chat.text().substring(span.begin(), span.end()));
      }
      assertThat(said)
          .as(dialogue.getKey())
          .isEqualTo(strings(expected.path("said"), dialogue.getKey(), family));
      String whole = expected.path("text").textValue();
      assertThat(whole).startsWith(chat.text());
      assertThat(whole.substring(chat.text().length())).as(dialogue.getKey()).isBlank();
      checked += said.size();
    }
    assertThat(checked).isPositive();
  }

  /**
   * What the marks of a template hold. Space after the turn's last token isn't part of a turn. Of a
   * dialogue that the assistant opens no prompt tells where its turn begins: its content does.
   */
  private static List<String> strings(JsonNode said, String dialogue, String family) {
    List<String> strings = new ArrayList<>();
    for (JsonNode one : said) {
      boolean opens = dialogue.equals("assistant first") && !family.equals("smollm3");
      String text = opens ? one.textValue().stripLeading() : one.textValue();
      strings.add(text.endsWith(">\n") ? text.stripTrailing() : text);
    }
    return strings;
  }

  @Test
  void textEndsWithTheTokensAfterTheLastTurn() throws IOException {
    List<ChatMessage> messages =
        List.of(new ChatMessage("user", "Hi"), new ChatMessage("assistant", "Yo"));
    assertThat(family("phi3").dialogue(messages).text())
        .isEqualTo("<|user|>\nHi<|end|>\n<|assistant|>\nYo<|end|>\n</s>");
    assertThat(family("chatml").dialogue(messages.subList(0, 1)).text())
        .isEqualTo("<|im_start|>user\nHi<|im_end|>\n");
  }

  @Test
  void wordsThatTheTemplateChangesBeyondRecognitionAreRefused() throws IOException {
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.content | upper }}{% endfor %}{{ messages | length }}"
            + "{% if add_generation_prompt %}>{% endif %}");
    ChatTemplate template = ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(
            () ->
                template.dialogue(
                    List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "b"))))
        .withMessageStartingWith("message 2: the chat template changes the assistant's words");
  }

  @Test
  void wordsThatTheTemplateLeavesOutAreRefused() throws IOException {
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role }}{% endfor %}{% if add_generation_prompt %}>{% endif"
            + " %}");
    ChatTemplate template = ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(
            () ->
                template.dialogue(
                    List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "b"))))
        .withMessageStartingWith("message 2: the chat template leaves out what the assistant");
  }

  @Test
  void severalTokensCloseATurn() throws IOException {
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}<|user|>{{ m.content }}<|end|></s>{% endfor %}"
            + "{% if add_generation_prompt %}<|user|>{% endif %}");
    ChatTemplate template = ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
    RenderedChat chat =
        template.dialogue(
            List.of(
                new ChatMessage("user", "a"),
                new ChatMessage("assistant", "b"),
                new ChatMessage("user", "c")));
    assertThat(chat.text())
        .isEqualTo("<|user|>a<|end|></s><|user|>b<|end|></s><|user|>c<|end|></s>");
    assertThat(chat.assistant()).containsExactly(new Span(28, 40));
  }

  @Test
  void wordsThatAreNoTokensCloseATurnToo() throws IOException {
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}({{ m.content }}) {% endfor %}"
            + "{% if add_generation_prompt %}({% endif %}");
    ChatTemplate template = ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
    List<ChatMessage> messages =
        List.of(
            new ChatMessage("user", "a"),
            new ChatMessage("assistant", "b"),
            new ChatMessage("user", "c"),
            new ChatMessage("assistant", "d"));
    assertThat(template.dialogue(messages))
        .isEqualTo(new RenderedChat("(a) (b) (c) (d)", List.of(new Span(5, 7), new Span(13, 15))));
  }

  @Test
  void fileComesBeforeSettingsAndDefaultBeforeOthers() throws IOException {
    List<ChatMessage> hi = List.of(new ChatMessage("user", "Hi"));
    assertThat(ChatTemplate.find(folder, TOKENS, () -> NOW)).isEmpty();
    ObjectNode settings = JSON.createObjectNode().put("bos_token", "<s>");
    settings.putObject("eos_token").put("content", "</s>");
    settings
        .putArray("chat_template")
        .add(JSON.createObjectNode().put("name", "tools").put("template", "tools"))
        .add(
            JSON.createObjectNode()
                .put("name", "default")
                .put("template", "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"));
    writeSettings(settings);
    assertThat(prompt(hi)).isEqualTo("<s>Hi</s>");
    settings.put("chat_template", "{{ unk_token is defined }}{{ tools is none }}");
    writeSettings(settings);
    assertThat(prompt(hi)).isEqualTo("FalseTrue");
    Files.writeString(folder.resolve("chat_template.jinja"), "from the file");
    assertThat(prompt(hi)).isEqualTo("from the file");
  }

  /** A reward model's padding differs from its EOS, the policy's often doesn't. */
  @Test
  void templatesThatWriteAlikeAreToldByTheirSourceAndTheTokensItNames() throws IOException {
    String source = "{{ messages[0].content }}{{ eos_token }}";
    ObjectNode settings = JSON.createObjectNode().put("eos_token", "E").put("pad_token", "E");
    ChatTemplate template = template(source, settings);
    assertThat(template.writesLike(template(source, settings.deepCopy().put("pad_token", "P"))))
        .isTrue();
    assertThat(template.writesLike(template(source, settings.deepCopy().put("eos_token", "F"))))
        .isFalse();
    assertThat(template.writesLike(template(source + "!", settings))).isFalse();
  }

  private ChatTemplate template(String source, ObjectNode settings) throws IOException {
    writeSettings(settings.deepCopy().put("chat_template", source));
    return ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
  }

  @Test
  void settingsWithoutDefaultAndBrokenTemplatesAreOneLine() throws IOException {
    ObjectNode settings = JSON.createObjectNode();
    settings.putArray("chat_template").addObject().put("name", "rag").put("template", "x");
    writeSettings(settings);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> ChatTemplate.find(folder, TOKENS, () -> NOW))
        .withMessage(
            folder.resolve("tokenizer_config.json")
                + ": \"chat_template\" names no template \"default\"; give it that name");
    Path file = folder.resolve("chat_template.jinja");
    Files.writeString(file, "ok\n{% block x %}");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> ChatTemplate.find(folder, TOKENS, () -> NOW))
        .withMessageStartingWith(file + ":2: the tag {% block %} isn't supported");
  }

  private String prompt(List<ChatMessage> messages) {
    return ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow().prompt(messages);
  }

  private void writeSettings(ObjectNode settings) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
  }

  private ChatTemplate family(String name) throws IOException {
    Files.copy(
        CHAT.resolve(name + ".jinja"),
        folder.resolve("chat_template.jinja"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    writeSettings((ObjectNode) EXPECTED.path("specials"));
    return ChatTemplate.find(folder, TOKENS, () -> NOW).orElseThrow();
  }

  private static List<ChatMessage> messages(JsonNode list) {
    List<ChatMessage> messages = new ArrayList<>();
    list.forEach(
        one ->
            messages.add(
                new ChatMessage(one.path("role").textValue(), one.path("content").textValue())));
    return messages;
  }
}
