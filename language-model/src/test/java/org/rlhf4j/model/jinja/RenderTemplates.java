package org.rlhf4j.model.jinja;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench/reference/check_chat_templates.py} compares with transformers: reads lines
 * {"template", "variables"} and writes for each {"text", "generated"} or {"error"}.
 */
final class RenderTemplates {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RenderTemplates() {}

  public static void main(String[] none) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Map<String, Object> given = JSON.readValue(line, new TypeReference<>() {});
        out.println(JSON.writeValueAsString(rendered(given)));
      }
    }
  }

  private static Map<String, Object> rendered(Map<String, Object> given) {
    Map<String, Object> result = new LinkedHashMap<>();
    try {
      Map<String, Object> variables = new LinkedHashMap<>();
      ((Map<?, ?>) given.get("variables")).forEach((name, v) -> variables.put((String) name, v));
      JinjaTemplate template = JinjaTemplate.parse("template", (String) given.get("template"));
      JinjaTemplate.Rendered rendered = template.render(variables, LocalDateTime.now());
      result.put("text", rendered.text());
      result.put(
          "generated",
          rendered.generated().stream().map(span -> List.of(span.begin(), span.end())).toList());
    } catch (TemplateException e) {
      result.put("error", e.getMessage());
    }
    return result;
  }
}
