package org.rlhf4j.model.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.jinja.JinjaTemplate;
import org.rlhf4j.jinja.Span;
import org.rlhf4j.jinja.TemplateException;
import org.rlhf4j.settings.UserException;

/**
 * What {@code bench/reference/check_chat_templates.py} compares with transformers: reads lines
 * {"template", "specials", "tokens", "messages", "generation_prompt"} and writes for each {"text",
 * "generated", "said"} or {"error"}; "said" is null where the places can't be told.
 */
final class RenderTemplates {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RenderTemplates() {}

  public static void main(String[] none) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.println(answer(JSON.readTree(line)));
      }
    }
  }

  private static ObjectNode answer(JsonNode given) {
    ObjectNode answer = JSON.createObjectNode();
    try {
      ChatTemplate template = template(given);
      List<ChatMessage> messages = new ArrayList<>();
      given
          .path("messages")
          .forEach(
              m ->
                  messages.add(
                      new ChatMessage(m.path("role").asText(), m.path("content").asText())));
      boolean prompt = given.path("generation_prompt").booleanValue();
      JinjaTemplate.Rendered rendered = template.render(messages, prompt);
      answer.put("text", rendered.text());
      for (Span span : rendered.generated()) {
        answer.withArray("generated").add(rendered.text().substring(span.begin(), span.end()));
      }
      if (!prompt) {
        said(template.dialogue(messages), answer);
      }
    } catch (UserException | TemplateException e) {
      answer.put("error", e.getMessage());
    }
    return answer;
  }

  private static void said(RenderedChat chat, ObjectNode answer) {
    answer.putArray("said");
    for (Span span : chat.assistant()) {
      answer.withArray("said").add(chat.text().substring(span.begin(), span.end()));
    }
  }

  private static ChatTemplate template(JsonNode given) {
    Map<String, String> specials = new HashMap<>();
    given
        .path("specials")
        .properties()
        .forEach(s -> specials.put(s.getKey(), s.getValue().asText()));
    Set<String> tokens = new HashSet<>();
    given.path("tokens").forEach(token -> tokens.add(token.asText()));
    return new ChatTemplate(
        JinjaTemplate.parse("template", given.path("template").asText()),
        specials,
        tokens,
        LocalDateTime::now);
  }
}
