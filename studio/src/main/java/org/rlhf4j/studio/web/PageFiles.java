package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.report.Report;

/**
 * The files of the page, read once: its own modules, and the scripts and the style of the report,
 * which draws runs here too. Only these can be asked for.
 */
final class PageFiles {

  private static final List<String> OWN =
      List.of(
          "icon.svg",
          "studio.css",
          "app.js",
          "api.js",
          "runs.js",
          "live.js",
          "projects.js",
          "label.js",
          "compare.js",
          "rank.js",
          "write.js",
          "texts.js",
          "talk.js",
          "account.js",
          "team.js",
          "review.js",
          "circle.js",
          "focus.js",
          "train.js",
          "choice.js");

  private static final Map<String, String> TYPES =
      Map.of("css", "text/css", "js", "text/javascript", "svg", "image/svg+xml");

  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final byte[] page;

  PageFiles() {
    for (String name : OWN) {
      files.put(name, resource(PageFiles.class, "page/" + name));
    }
    files.put("report.css", resource(Report.class, "report.css"));
    StringBuilder scripts = new StringBuilder();
    for (String name : Report.drawing()) {
      files.put(name, resource(Report.class, name));
      scripts.append("<script src=\"/files/").append(name).append("\"></script>\n");
    }
    String text =
        new String(resource(PageFiles.class, "page/index.html"), StandardCharsets.UTF_8)
            .replace("<!--DRAWING-->", scripts.toString().strip());
    page = text.getBytes(StandardCharsets.UTF_8);
  }

  void page(Context request) {
    request.contentType("text/html; charset=utf-8").result(page);
  }

  void file(Context request) {
    String name = request.pathParam("name");
    byte[] file = files.get(name);
    if (file == null) {
      throw new Refused(404, "there is nothing here");
    }
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    request.contentType(type + "; charset=utf-8").result(file);
  }

  private static byte[] resource(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
