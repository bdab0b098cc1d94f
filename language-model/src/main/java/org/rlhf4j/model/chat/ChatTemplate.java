package org.rlhf4j.model.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.rlhf4j.jinja.JinjaTemplate;
import org.rlhf4j.jinja.TemplateException;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/**
 * How a model wants its dialogues written: {@code chat_template.jinja} of its folder, else the
 * {@code chat_template} of its {@code tokenizer_config.json}. A template sees what transformers
 * shows it: the messages, {@code add_generation_prompt}, the special tokens as text ({@code
 * bos_token}, {@code eos_token}, …), the tools of a row that has some, and no documents.
 */
public final class ChatTemplate {

  private static final String FILE = "chat_template.jinja";
  private static final String CONFIG = "tokenizer_config.json";

  /** What belongs to what the assistant says, beside its words. */
  private static final List<String> NEVER_DROPPED =
      List.of(ChatMessage.TOOL_CALLS, "reasoning_content", "reasoning", "thinking");

  private final JinjaTemplate template;
  private final Map<String, String> specials;
  private final Set<String> tokens;
  private final AssistantTurns turns;
  private final Supplier<LocalDateTime> clock;
  private final List<Object> tools;

  /**
   * Creates a template.
   *
   * @param specials special tokens as text, by the name that a template knows
   * @param tokens texts that are one token wherever they stand, among them what ends a turn
   * @param clock what {@code strftime_now} tells
   */
  ChatTemplate(
      JinjaTemplate template,
      Map<String, String> specials,
      Set<String> tokens,
      Supplier<LocalDateTime> clock) {
    this(template, specials, tokens, clock, List.of());
  }

  private ChatTemplate(
      JinjaTemplate template,
      Map<String, String> specials,
      Set<String> tokens,
      Supplier<LocalDateTime> clock,
      List<Object> tools) {
    this.template = template;
    this.specials = specials;
    this.tokens = tokens;
    this.turns = new AssistantTurns(this, tokens);
    this.clock = clock;
    this.tools = tools;
  }

  /**
   * This template where the assistant may call tools.
   *
   * @param tools their descriptions, as JSON has them; none is this template itself
   * @return the template that writes them
   * @throws UserException if it has no place for them
   */
  public ChatTemplate withTools(List<Object> tools) {
    if (tools.isEmpty()) {
      return this;
    }
    requirePlace("tools", "the row");
    return new ChatTemplate(template, specials, tokens, clock, List.copyOf(tools));
  }

  /** What a template has no place for it would drop without a word. */
  private void requirePlace(String field, String where) {
    if (!template.source().contains(field)) {
      throw new UserException(
          where
              + " has \""
              + field
              + "\", which the chat template doesn't write; leave it out, or use a model whose"
              + " template does");
    }
  }

  /**
   * Finds the template beside a tokenizer.
   *
   * @param tokenizer a model's
   * @return its template, or nothing where the folder has none
   * @throws UserException if the template can't be read
   */
  public static Optional<ChatTemplate> find(Tokenizer tokenizer) {
    return find(tokenizer.folder(), tokenizer.addedTokens(), LocalDateTime::now);
  }

  /**
   * Takes the template beside a tokenizer.
   *
   * @param tokenizer a model's
   * @return its template
   * @throws UserException if there is none, or it can't be read
   */
  public static ChatTemplate of(Tokenizer tokenizer) {
    return find(tokenizer)
        .orElseThrow(
            () ->
                new UserException(
                    tokenizer.folder()
                        + ": it has no chat template, neither "
                        + FILE
                        + " nor one in "
                        + CONFIG
                        + "; add one, or give text instead of messages"));
  }

  static Optional<ChatTemplate> find(
      Path folder, Set<String> tokens, Supplier<LocalDateTime> clock) {
    ModelTexts files = ModelTexts.of(folder);
    JsonNode settings = files.json(CONFIG);
    Optional<byte[]> file = files.bytes(FILE);
    if (file.isPresent()) {
      String source = new String(file.get(), StandardCharsets.UTF_8);
      return Optional.of(parse(files.path(FILE).toString(), source, settings, tokens, clock));
    }
    Path config = files.path(CONFIG);
    return inSettings(config, settings.path("chat_template"))
        .map(source -> parse(config + " (chat_template)", source, settings, tokens, clock));
  }

  private static ChatTemplate parse(
      String name,
      String source,
      JsonNode settings,
      Set<String> tokens,
      Supplier<LocalDateTime> clock) {
    try {
      JinjaTemplate template = JinjaTemplate.parse(name, source);
      return new ChatTemplate(template, specials(settings), tokens, clock);
    } catch (TemplateException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  /** One template as text, or a list of named ones, of which the default is taken. */
  private static Optional<String> inSettings(Path config, JsonNode given) {
    if (given.isTextual()) {
      return Optional.of(given.textValue());
    }
    for (JsonNode named : given) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.path("template").textValue());
      }
    }
    if (given.isMissingNode() || given.isNull()) {
      return Optional.empty();
    }
    throw new UserException(
        config + ": \"chat_template\" names no template \"default\"; give it that name");
  }

  private static Map<String, String> specials(JsonNode settings) {
    Map<String, String> specials = new HashMap<>();
    settings
        .properties()
        .forEach(
            setting -> {
              JsonNode token = setting.getValue();
              JsonNode text = token.isObject() ? token.path("content") : token;
              if (setting.getKey().endsWith("_token") && text.isTextual()) {
                specials.put(setting.getKey(), text.textValue());
              }
            });
    return specials;
  }

  /**
   * Tells whether another template writes any messages alike.
   *
   * @param other a template
   * @return whether its source is the same, and the text of each special token that this names
   */
  public boolean writesLike(ChatTemplate other) {
    return template.source().equals(other.template.source()) && named().equals(other.named());
  }

  /** The template as it is written. */
  public String source() {
    return template.source();
  }

  private Map<String, String> named() {
    Map<String, String> named = new HashMap<>(specials);
    named.keySet().removeIf(token -> !template.source().contains(token));
    return named;
  }

  /**
   * Renders messages as a prompt: up to where the assistant begins to speak.
   *
   * @param messages at least one
   * @return the text
   * @throws UserException if the template refuses the messages or can't be rendered
   */
  public String prompt(List<ChatMessage> messages) {
    return render(messages, true).text();
  }

  /**
   * Renders messages as a whole dialogue.
   *
   * @param messages at least one
   * @return the text, and where in it the assistant speaks
   * @throws UserException if the template refuses the messages or can't be rendered, or changes
   *     what the assistant says so that its place can't be told
   */
  public RenderedChat dialogue(List<ChatMessage> messages) {
    JinjaTemplate.Rendered rendered = render(messages, false);
    return turns.in(messages, rendered.text(), rendered.generated());
  }

  /**
   * Renders messages of which the last is the beginning of the assistant's answer: up to where it
   * goes on, as {@code continue_final_message} of transformers does.
   *
   * @param messages at least one, the last the assistant's
   * @return the text
   * @throws UserException if the template refuses the messages or can't be rendered, or changes the
   *     beginning so that it isn't found
   */
  public String continued(List<ChatMessage> messages) {
    ChatMessage last = messages.get(messages.size() - 1);
    String words = last.content().strip();
    if (words.isEmpty()) {
      return prompt(messages.subList(0, messages.size() - 1));
    }
    String text = render(messages, false).text();
    int begin = text.lastIndexOf(words);
    if (begin < 0) {
      throw new UserException(
          "the chat template changes the beginning of the assistant's answer, so that it can't be"
              + " continued; leave it out of the prompt");
    }
    String given = last.content().stripLeading();
    return text.substring(0, begin + (text.startsWith(given, begin) ? given : words).length());
  }

  /** Renders messages with or without the beginning of an assistant's turn after them. */
  JinjaTemplate.Rendered render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    for (int i = 0; i < messages.size(); i++) {
      for (String field : NEVER_DROPPED) {
        if (messages.get(i).further().containsKey(field)) {
          requirePlace(field, "message " + (i + 1));
        }
      }
    }
    Map<String, Object> variables = new HashMap<>(specials);
    variables.put("messages", new ArrayList<>(messages.stream().map(ChatMessage::fields).toList()));
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("tools", tools.isEmpty() ? null : new ArrayList<>(tools));
    variables.put("documents", null);
    try {
      return template.render(variables, clock.get());
    } catch (TemplateException e) {
      throw new UserException(e.getMessage(), e);
    }
  }
}
