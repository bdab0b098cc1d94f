package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.List;

/** Takes what a template writes. */
final class Output {

  private final StringBuilder text = new StringBuilder();
  private final List<Span> generated;

  private Output(List<Span> generated) {
    this.generated = generated;
  }

  /** The output of the template itself, where what {@code generation} marks has its place. */
  static Output whole() {
    return new Output(new ArrayList<>());
  }

  /** The output of a part whose place in the whole isn't known. */
  static Output part() {
    return new Output(null);
  }

  void write(Object value) {
    String written = Values.text(value);
    Text.requireRoom((long) text.length() + written.length());
    Rendering.work(written.length());
    text.append(written);
  }

  int length() {
    return text.length();
  }

  void markGenerated(int begin) {
    if (generated == null) {
      throw TemplateException.unsupported("{% generation %} within a macro or a set");
    }
    generated.add(new Span(begin, text.length()));
  }

  List<Span> generated() {
    return List.copyOf(generated);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
