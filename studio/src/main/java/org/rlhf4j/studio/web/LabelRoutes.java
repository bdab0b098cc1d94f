package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.studio.agreement.Agreement;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Votes;

/** Projects, the next item, verdicts, and the rows that are made of them. */
final class LabelRoutes {

  private final Labels labels;

  LabelRoutes(Labels labels) {
    this.labels = labels;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/projects", this::list);
    routes.get("/api/projects/{project}", this::project);
    routes.post("/api/projects/{project}", this::change);
    routes.post("/api/projects/{project}/next", this::next);
    routes.post("/api/projects/{project}/verdicts", this::take);
    routes.post("/api/projects/{project}/undo", this::undo);
    routes.get("/api/projects/{project}/export", this::export);
    routes.get("/api/projects/{project}/agreement", this::agreement);
  }

  private Project named(Context request) {
    String name = request.pathParam("project");
    return labels
        .projects()
        .find(name)
        .orElseThrow(() -> new Refused(404, "there is no project of this name"));
  }

  private void list(Context request) {
    ObjectNode answer = Answers.object().put("store", labels.store().address().toString());
    ArrayNode list = answer.putArray("projects");
    labels.projects().all().forEach(project -> list.add(described(project)));
    Answers.send(request, answer);
  }

  private ObjectNode described(Project project) {
    ObjectNode node = (ObjectNode) Answers.of(project);
    node.set("progress", Answers.of(labels.labelling().progress(project, labels.annotator())));
    return node;
  }

  private void project(Context request) {
    Answers.send(request, described(named(request)));
  }

  private void change(Context request) {
    ObjectNode body = Answers.body(request);
    Project before = named(request);
    String guidelines = body.path("guidelines").asText(before.guidelines());
    int target = body.path("target").asInt(before.target());
    Answers.send(request, described(labels.projects().change(before, guidelines, target)));
  }

  private void next(Context request) {
    Answers.send(request, task(labels.labelling().next(named(request), labels.annotator())));
  }

  private void take(Context request) {
    ObjectNode body = Answers.body(request);
    Project project = named(request);
    Labelling.Given given =
        new Labelling.Given(
            body.path("event").asText(),
            body.path("item").asLong(),
            act(body.path("act").asText()),
            body.path("answer"),
            body.path("seconds").asDouble());
    try {
      Answers.send(request, task(labels.labelling().take(project, labels.annotator(), given)));
    } catch (Labelling.EnoughException e) {
      ObjectNode answer = task(labels.labelling().next(project, labels.annotator()));
      Answers.send(request, answer.put("note", e.getMessage()));
    }
  }

  private static Labelling.Act act(String written) {
    for (Labelling.Act act : Labelling.Act.values()) {
      if (act.name().toLowerCase(Locale.ROOT).equals(written)) {
        return act;
      }
    }
    throw new Refused(400, "not a verdict: act is answer, skip or flag");
  }

  private void undo(Context request) {
    String event = Answers.body(request).path("event").asText();
    Answers.send(request, task(labels.labelling().undo(named(request), labels.annotator(), event)));
  }

  private static ObjectNode task(Optional<Labelling.Task> task) {
    ObjectNode answer = Answers.object();
    JsonNode item = task.<JsonNode>map(Answers::of).orElse(null);
    return item == null ? answer.putNull("task") : answer.set("task", item);
  }

  private void agreement(Context request) {
    Answers.send(request, Agreement.of(Votes.of(labels.store(), named(request))).json());
  }

  private void export(Context request) throws IOException {
    Project project = named(request);
    Export.Choices choices =
        new Export.Choices(
            choice(Export.Form.class, request, "form", Export.Form.COMPARISONS),
            choice(Export.Ties.class, request, "ties", Export.Ties.DROP),
            choice(Export.BothBad.class, request, "both-bad", Export.BothBad.DROP),
            request.queryParamAsClass("agreement", Double.class).getOrDefault(0.5),
            false);
    String form = choices.form().name().toLowerCase(Locale.ROOT);
    request
        .contentType("application/jsonl; charset=utf-8")
        .header(
            "Content-Disposition",
            "attachment; filename=\"%s-%s.jsonl\""
                .formatted(project.name().replaceAll("[^A-Za-z0-9._-]", "_"), form));
    OutputStream out = request.res().getOutputStream();
    Export.of(labels.store(), project, choices, row -> write(out, row));
  }

  private static <E extends Enum<E>> E choice(
      Class<E> type, Context request, String name, E otherwise) {
    String given = request.queryParam(name);
    if (given == null) {
      return otherwise;
    }
    for (E value : type.getEnumConstants()) {
      if (value.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(given)) {
        return value;
      }
    }
    throw new Refused(400, name + " can't be this");
  }

  private static void write(OutputStream out, ObjectNode row) {
    try {
      out.write((row + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
