package org.rlhf4j.studio.web;

import static java.lang.Character.MAX_SURROGATE;
import static java.lang.Character.MIN_SURROGATE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.StoreBusyException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests and answers in JSON. What goes wrong is one line: {@code {"error": …}}. */
final class Answers {

  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Answers() {}

  /** Answers with an object. */
  static void send(Context request, JsonNode answer) {
    try {
      request.contentType("application/json").result(JSON.writeValueAsBytes(answer));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** A record, or a list or a map of them, as JSON. */
  static JsonNode of(Object value) {
    return JSON.valueToTree(value);
  }

  /** The object that a request carries. */
  static ObjectNode body(Context request) {
    try {
      if (JSON.readTree(request.bodyAsBytes()) instanceof ObjectNode object) {
        requireTexts(object);
        return object;
      }
    } catch (IOException e) {
      throw new Refused(400, "the request isn't JSON");
    }
    throw new Refused(400, "the request isn't a JSON object");
  }

  /** Half of a surrogate pair and NUL are in no text, and a store can't keep them. */
  private static void requireTexts(JsonNode node) {
    boolean wrong =
        node.isTextual()
            && node.textValue()
                .codePoints()
                .anyMatch(c -> c == 0 || (c >= MIN_SURROGATE && c <= MAX_SURROGATE));
    if (wrong) {
      throw new Refused(400, "the request has a NUL character or half of a surrogate pair");
    }
    node.forEach(Answers::requireTexts);
  }

  /** Turns what goes wrong into answers. */
  static void onErrors(RoutesConfig routes) {
    routes.exception(Refused.class, (e, request) -> error(request, e.status(), e.getMessage()));
    routes.exception(
        UserException.class,
        (e, request) -> error(request, e instanceof UsageException ? 400 : 409, e.getMessage()));
    routes.exception(StoreBusyException.class, (e, request) -> error(request, 503, e.getMessage()));
    routes.exception(
        HttpResponseException.class,
        (e, request) -> error(request, e.getStatus(), String.valueOf(e.getMessage())));
    routes.exception(
        Exception.class,
        (e, request) -> {
          e.printStackTrace(); // TMP
          LOG.error("{} {}: {}", request.method(), request.path(), e.toString(), e);
          error(request, 500, "something went wrong in the studio; its terminal says what");
        });
  }

  private static void error(Context request, int status, String line) {
    send(request.status(status), object().put("error", line));
  }
}
