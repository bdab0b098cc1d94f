package org.rlhf4j.studio.label;

import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.settings.UsageException;

/** The id of a verdict, made in the browser: one that is sent again changes nothing. */
final class VerdictEvent {

  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9-]{8,64}");

  private VerdictEvent() {}

  static void require(String event) {
    if (event == null || !FORM.matcher(event).matches()) {
      throw new UsageException("not a verdict: event is 8 to 64 letters, digits and -");
    }
  }

  static boolean isKnown(Handle handle, String event) {
    return handle
        .createQuery("SELECT 1 FROM verdict WHERE event = :event")
        .bind("event", event)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }
}
