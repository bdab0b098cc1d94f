package org.rlhf4j.jinja;

import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A template, read once and rendered as often as wanted, by several threads too. */
public final class JinjaTemplate {

  private final String name;
  private final String source;
  private final Statement body;

  private JinjaTemplate(String name, String source, Statement body) {
    this.name = name;
    this.source = source;
    this.body = body;
  }

  /**
   * What a template wrote.
   *
   * @param text all of it
   * @param generated what stood between {@code generation} and {@code endgeneration}, in order
   */
  public record Rendered(String text, List<Span> generated) {}

  /**
   * Reads a template.
   *
   * @param name for messages: its file
   * @param source in Jinja
   * @return the template
   * @throws TemplateException if it isn't Jinja, or uses a tag or operator that isn't supported
   */
  public static JinjaTemplate parse(String name, String source) {
    try {
      return new JinjaTemplate(name, source, Parser.parse(name, source));
    } catch (StackOverflowError e) {
      throw new TemplateException("tags or brackets in each other are too deep").at(name, 1);
    }
  }

  /**
   * Returns what the template was read from.
   *
   * @return Jinja
   */
  public String source() {
    return source;
  }

  /**
   * Renders the template.
   *
   * @param variables by name: null, text, whole numbers, fractions, truth values, and lists and
   *     maps of them
   * @param now what {@code strftime_now} takes for now
   * @return what it writes
   * @throws TemplateException if it refuses the variables, uses what isn't supported, or exceeds
   *     its bounds
   */
  public Rendered render(Map<String, ?> variables, LocalDateTime now) {
    Map<String, Object> values = new HashMap<>();
    variables.forEach((name, value) -> values.put(name, Values.of(value)));
    Rendering rendering = new Rendering(now, Values.characters(values));
    Output output = Output.whole();
    try {
      rendering.run(() -> body.run(Scope.outermost(rendering, values), output));
    } catch (StackOverflowError e) {
      throw new TemplateException("calls or values in each other are too deep").at(name, 1);
    }
    return new Rendered(output.toString(), output.generated());
  }
}
