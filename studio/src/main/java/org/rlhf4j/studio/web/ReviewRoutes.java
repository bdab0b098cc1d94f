package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import org.rlhf4j.studio.label.Gold;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Settlements;
import org.rlhf4j.studio.review.GoldAccuracy;
import org.rlhf4j.studio.review.ReviewQueue;

/** Gold items, the items that reviewers settle, and what they decide. */
final class ReviewRoutes {

  /** A page has no more of the queue than this; what is settled makes room. */
  private static final int LISTED = 20;

  private final Labels labels;
  private final SeenProjects projects;
  private final Gold gold;
  private final Settlements settlements;

  ReviewRoutes(Labels labels) {
    this.labels = labels;
    projects = new SeenProjects(labels);
    gold = new Gold(labels.store());
    settlements = new Settlements(labels.store(), Clock.systemUTC());
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/projects/{project}/gold", this::gold, Access.REVIEWER);
    routes.post("/api/projects/{project}/gold", this::changeGold, Access.ADMIN);
    routes.get("/api/projects/{project}/review", this::queue, Access.REVIEWER);
    routes.post("/api/projects/{project}/review", this::settle, Access.REVIEWER);
    routes.post("/api/projects/{project}/referrals", this::refer, Access.REVIEWER);
  }

  private void gold(Context request) {
    Project project = projects.named(request);
    ObjectNode answer = Answers.object().put("share", gold.share(project));
    answer.put("items", gold.items(project));
    answer.set("annotators", Answers.of(GoldAccuracy.of(labels.store(), project)));
    Answers.send(request, answer);
  }

  private void changeGold(Context request) {
    gold.change(projects.named(request), Answers.body(request).path("share").asDouble(-1));
    gold(request);
  }

  private void queue(Context request) {
    Project project = projects.named(request);
    Answers.send(request, Answers.of(ReviewQueue.of(labels.store(), project, LISTED)));
  }

  private void settle(Context request) {
    ObjectNode body = Answers.body(request);
    Settlements.Act act =
        Settlements.Act.of(body.path("act").asText())
            .orElseThrow(
                () -> new Refused(400, "not a settlement: act is answer, leave-out or reopen"));
    settlements.settle(
        projects.named(request),
        Visitor.of(request).annotator(),
        body.path("event").asText(),
        body.path("item").asLong(),
        act,
        body.path("answer"));
    queue(request);
  }

  private void refer(Context request) {
    ObjectNode body = Answers.body(request);
    settlements.refer(
        projects.named(request),
        Visitor.of(request).annotator(),
        body.path("item").asLong(),
        body.path("reason").asText());
    Answers.send(request, Answers.object());
  }
}
