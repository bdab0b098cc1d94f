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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.agreement.Agreement;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.ProjectAnnotators;
import org.rlhf4j.studio.label.Votes;

/** Projects, the next item, verdicts, and the rows that are made of them. */
final class LabelRoutes {

  private final Labels labels;
  private final SeenProjects projects;
  private final ProjectAnnotators annotators;

  LabelRoutes(Labels labels) {
    this.labels = labels;
    projects = new SeenProjects(labels);
    annotators = new ProjectAnnotators(labels.store());
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/projects", this::list, Access.ANNOTATOR);
    routes.get("/api/projects/{project}", this::project, Access.ANNOTATOR);
    routes.post("/api/projects/{project}", this::change, Access.ADMIN);
    routes.post("/api/projects/{project}/next", this::next, Access.ANNOTATOR);
    routes.post("/api/projects/{project}/verdicts", this::take, Access.ANNOTATOR);
    routes.post("/api/projects/{project}/undo", this::undo, Access.ANNOTATOR);
    routes.get("/api/projects/{project}/export", this::export, Access.REVIEWER);
    routes.get("/api/projects/{project}/agreement", this::agreement, Access.REVIEWER);
  }

  private Project named(Context request) {
    return projects.named(request);
  }

  private void list(Context request) {
    Visitor visitor = Visitor.of(request);
    ObjectNode answer = Answers.object();
    if (visitor.may(Role.ADMIN)) {
      answer.put("store", labels.store().address().toString());
    }
    ArrayNode list = answer.putArray("projects");
    projects.all(visitor).forEach(project -> list.add(described(visitor, project)));
    Answers.send(request, answer);
  }

  private ObjectNode described(Visitor visitor, Project project) {
    ObjectNode node = (ObjectNode) Answers.of(project);
    node.set("progress", Answers.of(labels.labelling().progress(project, visitor.annotator())));
    if (visitor.may(Role.REVIEWER)) {
      node.set("annotators", Answers.of(annotators.of(project)));
    }
    return node;
  }

  private void project(Context request) {
    Answers.send(request, described(Visitor.of(request), named(request)));
  }

  private void change(Context request) {
    ObjectNode body = Answers.body(request);
    Project before = named(request);
    String guidelines = body.path("guidelines").asText(before.guidelines());
    int target = body.path("target").asInt(before.target());
    if (body.path("annotators") instanceof ArrayNode named) {
      annotators.change(before, numbers(named));
    }
    Project now = labels.projects().change(before, guidelines, target);
    Answers.send(request, described(Visitor.of(request), now));
  }

  private static List<Long> numbers(ArrayNode named) {
    List<Long> numbers = new ArrayList<>();
    named.forEach(number -> numbers.add(number.asLong()));
    return numbers;
  }

  private void next(Context request) {
    long annotator = Visitor.of(request).annotator();
    Answers.send(request, task(labels.labelling().next(named(request), annotator)));
  }

  private void take(Context request) {
    ObjectNode body = Answers.body(request);
    Project project = named(request);
    long annotator = Visitor.of(request).annotator();
    Labelling.Given given =
        new Labelling.Given(
            body.path("event").asText(),
            body.path("item").asLong(),
            act(body.path("act").asText()),
            body.path("answer"),
            body.path("seconds").asDouble());
    try {
      Answers.send(request, task(labels.labelling().take(project, annotator, given)));
    } catch (Labelling.NotNeededException e) {
      ObjectNode answer = task(labels.labelling().next(project, annotator));
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
    long annotator = Visitor.of(request).annotator();
    Answers.send(request, task(labels.labelling().undo(named(request), annotator, event)));
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
