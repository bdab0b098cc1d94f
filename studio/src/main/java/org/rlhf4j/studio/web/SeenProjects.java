package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.ProjectAnnotators;

/** The projects that a visitor may see. Of another one they don't learn that it is there. */
final class SeenProjects {

  /** The project of the talk page. */
  private static final String TALK = "talk";

  private final Labels labels;
  private final ProjectAnnotators annotators;

  SeenProjects(Labels labels) {
    this.labels = labels;
    annotators = new ProjectAnnotators(labels.store());
  }

  /** All of them by name. */
  List<Project> all(Visitor visitor) {
    return labels.projects().all().stream().filter(project -> sees(visitor, project)).toList();
  }

  /** The one that the path names. */
  Project named(Context request) {
    return named(request, request.pathParam("project"));
  }

  /** The one of a name. */
  Project named(Context request, String name) {
    Visitor visitor = Visitor.of(request);
    Optional<Project> found =
        visitor.may(Role.REVIEWER)
            ? labels.projects().find(name)
            : labels.projects().find(name, visitor.annotator());
    return found.orElseThrow(() -> new Refused(404, "there is no project of this name"));
  }

  /** The one of a name. An admin makes it if there is none, and anybody that of the talk page. */
  Project make(Context request, String name) {
    boolean may = Visitor.of(request).may(Role.ADMIN) || name.equals(TALK);
    return labels.projects().find(name).isEmpty() && may
        ? labels.projects().make(name)
        : named(request, name);
  }

  private boolean sees(Visitor visitor, Project project) {
    return visitor.may(Role.REVIEWER) || annotators.isFor(project, visitor.annotator());
  }
}
