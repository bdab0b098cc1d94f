package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.studio.choice.Choice;
import org.rlhf4j.studio.choice.Strategy;
import org.rlhf4j.studio.circle.ItemScores;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;

/** A reward model held against the labels, and what is done about the pairs it gets wrong. */
final class CircleRoutes {

  private final Labels labels;
  private final SeenProjects projects;
  private final CircleParts parts;

  CircleRoutes(Labels labels, CircleParts parts) {
    this.labels = labels;
    projects = new SeenProjects(labels);
    this.parts = parts;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/projects/{project}/circle", this::circle, Access.REVIEWER);
    routes.post("/api/projects/{project}/circle", this::use, Access.ADMIN);
    routes.post("/api/projects/{project}/choice", this::choose, Access.ADMIN);
    routes.post("/api/projects/{project}/again", this::again, Access.REVIEWER);
  }

  private void circle(Context request) {
    Project project = projects.named(request);
    List<RewardModel> models = parts.models().of(project);
    Optional<RewardModel> current = parts.models().current(project);
    ObjectNode answer = Answers.object();
    answer.set("models", Answers.of(models.stream().map(CircleRoutes::described).toList()));
    answer.put("current", current.map(RewardModel::id).orElse(null));
    answer.set(
        "choice",
        described(parts.choices().of(project))
            .put("fault", parts.choices().fault(project).orElse(null)));
    String asked = request.queryParam("model");
    Optional<RewardModel> model =
        asked == null
            ? current.or(() -> models.stream().findFirst())
            : models.stream().filter(one -> String.valueOf(one.id()).equals(asked)).findFirst();
    model.ifPresent(one -> hold(answer, request, project, one));
    Answers.send(request, answer);
  }

  private static ObjectNode described(RewardModel model) {
    return Answers.object()
        .put("id", model.id())
        .put("name", model.name())
        .put("folder", model.folder().toString())
        .put("training", model.training())
        .put("created", model.created());
  }

  private static ObjectNode described(Choice choice) {
    return Answers.object()
        .put("strategy", choice.strategy().written())
        .put("model", choice.model())
        .put("other", choice.other())
        .put("placed", choice.placed());
  }

  private Optional<RewardModel> model(Project project, JsonNode id) {
    return parts.models().find(project, id.asLong());
  }

  private void choose(Context request) {
    ObjectNode body = Answers.body(request);
    Project project = projects.named(request);
    parts
        .choices()
        .choose(
            project,
            Strategy.of(body.path("strategy").asText()),
            model(project, body.path("model")),
            model(project, body.path("other")));
    Answers.send(request, Answers.object());
  }

  private void hold(ObjectNode answer, Context request, Project project, RewardModel model) {
    boolean all = "all".equals(request.queryParam("pairs"));
    Scoring.State state = parts.scoring().want(model, project, ItemScores.Which.ANSWERED);
    answer.put("model", model.id());
    answer.set("scoring", Answers.of(state));
    answer.set("figures", Answers.of(parts.circles().of(project, model, all)));
    answer.set(
        "wrong",
        Answers.of(parts.circles().wrong(project, model, Visitor.of(request).annotator())));
  }

  private void use(Context request) {
    Project project = projects.named(request);
    RewardModel model =
        model(project, Answers.body(request).path("model"))
            .orElseThrow(() -> new Refused(404, "the project has no such reward model"));
    parts.scoring().retry();
    parts.models().use(project, model);
    parts.choices().follow(project, model);
    Answers.send(request, Answers.object());
  }

  private void again(Context request) {
    ObjectNode body = Answers.body(request);
    labels
        .labelling()
        .again(
            projects.named(request),
            Visitor.of(request).annotator(),
            body.path("item").asLong(),
            body.path("event").asText());
    Answers.send(request, Answers.object());
  }
}
