package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import io.javalin.security.RouteRole;
import java.util.Set;
import org.rlhf4j.studio.account.Role;

/** Who may ask for a route. One that doesn't say it is for admins. */
enum Access implements RouteRole {
  /** Also those who haven't logged in. */
  EVERYBODY,
  /** All who have logged in. */
  ANNOTATOR,
  /** Reviewers and admins. */
  REVIEWER,
  /** Admins. */
  ADMIN;

  /** Refuses who may not ask for this. */
  static void require(Context request) {
    Set<RouteRole> declared = request.routeRoles();
    Access access = declared.isEmpty() ? ADMIN : (Access) declared.iterator().next();
    if (access == EVERYBODY) {
      return;
    }
    Role wanted = Role.valueOf(access.name());
    if (!Visitor.of(request).may(wanted)) {
      throw new Refused(403, "this is for " + wanted.written() + "s; ask one of them");
    }
  }
}
