package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import java.util.List;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.ProjectAnnotators;

/** The projects that a visitor may see. Of another one they don't learn that it is there. */
final class SeenProjects {

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
    return labels
        .projects()
        .find(name)
        .filter(project -> sees(Visitor.of(request), project))
        .orElseThrow(() -> new Refused(404, "there is no project of this name"));
  }

  /** The one of a name, made if there is none. */
  Project make(Context request, String name) {
    return labels.projects().find(name).isPresent()
        ? named(request, name)
        : labels.projects().make(name);
  }

  private boolean sees(Visitor visitor, Project project) {
    return visitor.may(Role.REVIEWER) || annotators.isFor(project, visitor.annotator());
  }
}
