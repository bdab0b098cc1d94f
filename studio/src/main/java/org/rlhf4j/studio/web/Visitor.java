package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import java.util.Optional;
import org.rlhf4j.studio.account.Role;

/**
 * Who asks.
 *
 * @param annotator the number under which their verdicts are kept
 * @param name what they are called
 * @param role what they may do
 */
record Visitor(long annotator, String name, Role role) {

  private static final String ATTRIBUTE = Visitor.class.getName();

  void comesWith(Context request) {
    request.attribute(ATTRIBUTE, this);
  }

  /** Who asks, if it is known. */
  static Optional<Visitor> find(Context request) {
    return Optional.ofNullable(request.attribute(ATTRIBUTE));
  }

  /** Who asks. */
  static Visitor of(Context request) {
    return find(request).orElseThrow(() -> new Refused(401, "log in first"));
  }

  /** Whether they may do what a role may. */
  boolean may(Role wanted) {
    return role.includes(wanted);
  }
}
