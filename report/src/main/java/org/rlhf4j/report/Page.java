package org.rlhf4j.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One page that works from a file, without a network: style, scripts and data are in it. */
final class Page {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Page() {}

  /**
   * Makes a page.
   *
   * @param heading what it is called
   * @param first the id of its first section, which a skip link leads to
   * @param scripts resources in the order in which they have to be read; the last draws the page
   * @param data what they draw
   * @return the page as HTML
   * @throws IOException when a resource can't be read
   */
  static String of(String heading, String first, List<String> scripts, ObjectNode data)
      throws IOException {
    StringBuilder all = new StringBuilder();
    for (String script : scripts) {
      all.append(resource(script));
    }
    return resource("report.html")
        .replace("/*HEADING*/", heading)
        .replace("/*FIRST*/", first)
        .replace("/*STYLE*/", resource("report.css"))
        .replace("/*SCRIPTS*/", all)
        .replace("/*DATA*/", embedded(JSON.writeValueAsString(data)));
  }

  /**
   * JSON that can stand in a script element, whatever texts it holds: no tag and no comment can
   * begin without a "&lt;", and what it is escaped to is the same JSON.
   */
  private static String embedded(String json) {
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
