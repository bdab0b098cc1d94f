package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.ItemKind;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.NewItem;
import org.rlhf4j.studio.talk.Replies;

/** A dialogue with a model: two replies to each message, and which of them is better. */
final class TalkRoutes {

  private static final int REPLIES = 2;
  private static final int MOST_MESSAGES = 200;
  private static final long BEAT_NANOS = 200_000_000L;

  private final Labels labels;
  private final SeenProjects projects;
  private final Replies replies;

  TalkRoutes(Labels labels, Replies replies) {
    this.labels = labels;
    projects = new SeenProjects(labels);
    this.replies = replies;
  }

  void addTo(RoutesConfig routes) {
    routes.post("/api/talk/replies", this::reply, Access.ANNOTATOR);
    routes.post("/api/talk/choices", this::choose, Access.ANNOTATOR);
    routes.post("/api/tokens", this::tokens, Access.ANNOTATOR);
  }

  /** Answers with events, so that it is noticed when the page goes away: sampling then ends. */
  private void reply(Context request) throws IOException {
    List<ChatMessage> dialogue = dialogue(Answers.body(request));
    EventStream events = EventStream.answering(request);
    Waiting waiting = new Waiting(events);
    ObjectNode answer = Answers.object();
    try {
      events.beat();
      List<String> said = replies.sample(dialogue, REPLIES, waiting::isOver);
      ArrayNode list = answer.putArray("replies");
      said.forEach(list::add);
    } catch (UserException e) {
      answer.put("error", e.getMessage());
    }
    if (!waiting.isOver()) {
      events.send("replies", answer.toString(), "1");
    }
  }

  /** Whether the page that waits for replies is still there. */
  private static final class Waiting {
    private final EventStream events;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong beaten = new AtomicLong(System.nanoTime());

    Waiting(EventStream events) {
      this.events = events;
    }

    boolean isOver() {
      long now = System.nanoTime();
      if (!over.get() && now - beaten.get() > BEAT_NANOS) {
        beaten.set(now);
        try {
          events.beat();
        } catch (IOException e) {
          over.set(true);
        }
      }
      return over.get();
    }
  }

  private static List<ChatMessage> dialogue(ObjectNode body) {
    List<ChatMessage> dialogue = new ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      String role = message.path("role").asText();
      String content = message.path("content").asText();
      if (!role.equals(dialogue.size() % 2 == 0 ? "user" : ChatMessage.ASSISTANT)
          || content.isBlank()) {
        throw new Refused(
            400, "not a dialogue: user and assistant take turns, and each says something");
      }
      dialogue.add(new ChatMessage(role, content));
    }
    if (dialogue.size() % 2 == 0 || dialogue.size() > MOST_MESSAGES) {
      throw new Refused(400, "not a dialogue: it ends with what the user says");
    }
    return dialogue;
  }

  private void choose(Context request) {
    ObjectNode body = Answers.body(request);
    JsonNode said = body.path("replies");
    if (!(said instanceof ArrayNode list)
        || list.size() != REPLIES
        || !list.get(0).isTextual()
        || !list.get(1).isTextual()) {
      throw new Refused(400, "not a choice: it is between two replies");
    }
    NewItem item =
        new NewItem(
            ItemKind.COMPARE,
            replies.prompt(dialogue(body)),
            list,
            false,
            "talk with " + replies.name());
    labels
        .labelling()
        .take(
            projects.make(request, body.path("project").asText()),
            Visitor.of(request).annotator(),
            item,
            new Labelling.Given(
                body.path("event").asText(),
                0,
                Labelling.Act.ANSWER,
                body.path("answer"),
                body.path("seconds").asDouble()));
    Answers.send(request, Answers.object());
  }

  private void tokens(Context request) {
    int tokens = replies.tokens(Answers.body(request).path("text").asText());
    Answers.send(request, Answers.object().put("tokens", tokens));
  }
}
