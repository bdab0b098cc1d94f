package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.train.Recipe;
import org.rlhf4j.studio.train.Training;

/** Trainings of a project: asked for, watched, stopped, resumed. */
final class TrainingRoutes {

  /** Stands for the studio's model among what a training may start from. */
  private static final String MODEL = "model";

  private final SeenProjects projects;
  private final CircleParts parts;
  private final WatchedRuns runs;

  TrainingRoutes(Labels labels, CircleParts parts, WatchedRuns runs) {
    projects = new SeenProjects(labels);
    this.parts = parts;
    this.runs = runs;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/projects/{project}/trainings", this::list, Access.REVIEWER);
    routes.post("/api/projects/{project}/trainings", this::ask, Access.ADMIN);
    routes.post("/api/projects/{project}/trainings/{training}/stop", this::stop, Access.ADMIN);
    routes.post("/api/projects/{project}/trainings/{training}/resume", this::resume, Access.ADMIN);
  }

  private void list(Context request) throws IOException {
    Project project = projects.named(request);
    List<RewardModel> models = parts.models().of(project);
    ObjectNode answer = Answers.object();
    ArrayNode bases = answer.putArray("bases");
    parts
        .defaults()
        .model()
        .ifPresent(
            model -> bases.addObject().put("id", MODEL).put("name", parts.defaults().modelName()));
    models.forEach(
        model -> bases.addObject().put("id", String.valueOf(model.id())).put("name", model.name()));
    answer
        .putObject("defaults")
        .put("epochs", parts.defaults().settings().epochs())
        .put("learningRate", parts.defaults().settings().learningRate())
        .put("batchSize", parts.defaults().settings().batchSize());
    Path judgeData = parts.defaults().settings().judgeData();
    answer.put("judgedOn", judgeData == null ? null : judgeData.getFileName().toString());
    ArrayNode trainings = answer.putArray("trainings");
    List<Training> queue = parts.trainings().queue();
    for (Training training : parts.trainings().of(project)) {
      trainings.add(described(training, models, queue));
    }
    Answers.send(request, answer);
  }

  private ObjectNode described(Training training, List<RewardModel> models, List<Training> queue)
      throws IOException {
    ObjectNode node =
        Answers.object()
            .put("id", training.id())
            .put("name", training.name())
            .put("state", training.state().written())
            .put("steps", training.steps())
            .put("labels", training.labels())
            .put("learnt", training.learnt())
            .put("kept", training.kept())
            .put("said", training.said())
            .put("machine", training.machine())
            .put("created", training.created());
    node.set("recipe", Answers.of(training.recipe()));
    node.set("judged", training.judged());
    Path root = runs.root().toAbsolutePath().normalize();
    node.put("run", root.relativize(training.run()).toString().replace('\\', '/'));
    models.stream()
        .filter(model -> Long.valueOf(training.id()).equals(model.training()))
        .findFirst()
        .ifPresent(model -> node.put("model", model.id()));
    addProgress(node, training, queue);
    return node;
  }

  private void addProgress(ObjectNode node, Training training, List<Training> queue)
      throws IOException {
    switch (training.state()) {
      case WAITING -> {
        ArrayNode before = node.putArray("before");
        queue.stream()
            .takeWhile(other -> other.id() != training.id())
            .forEach(
                other -> before.add(other.name() + " of " + parts.trainings().projectName(other)));
      }
      case RUNNING, FAILED, STOPPED -> {
        node.set("log", Answers.of(parts.trainings().log(training)));
        parts.trainings().lastStep(training).ifPresent(step -> node.set("last", step));
      }
      default -> {}
    }
  }

  private void ask(Context request) {
    Project project = projects.named(request);
    ObjectNode body = Answers.body(request);
    String base = body.path("base").asText();
    Optional<RewardModel> reward =
        parts.models().of(project).stream()
            .filter(model -> String.valueOf(model.id()).equals(base))
            .findFirst();
    Optional<Path> folder =
        base.equals(MODEL) ? parts.defaults().model() : reward.map(RewardModel::folder);
    String name = reward.map(RewardModel::name).orElse(parts.defaults().modelName());
    Recipe recipe =
        new Recipe(
            folder
                .orElseThrow(() -> new Refused(400, "not a training: name what it starts from"))
                .toAbsolutePath()
                .normalize()
                .toString(),
            name,
            body.path("epochs").asInt(),
            body.path("learningRate").asDouble(),
            body.path("batchSize").asInt());
    Training training = parts.trainings().ask(project, recipe, reward);
    Answers.send(request, Answers.object().put("id", training.id()).put("name", training.name()));
  }

  private Training asked(Context request) {
    String id = request.pathParam("training");
    return parts.trainings().of(projects.named(request)).stream()
        .filter(training -> String.valueOf(training.id()).equals(id))
        .findFirst()
        .orElseThrow(() -> new Refused(404, "the project has no such training"));
  }

  private void stop(Context request) {
    parts.trainings().stop(asked(request));
    Answers.send(request, Answers.object());
  }

  private void resume(Context request) {
    parts.trainings().resume(asked(request));
    Answers.send(request, Answers.object());
  }
}
