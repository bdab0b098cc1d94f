package org.rlhf4j.studio.label;

import java.time.Clock;
import org.rlhf4j.studio.store.Store;

/** Those who label. */
public final class Annotators {

  /** Who labels where nobody says it. */
  public static final String LOCAL = "local";

  private final Store store;
  private final Clock clock;

  /** The annotators of a store. */
  public Annotators(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** The number of the annotator of a name, who is known from then on. */
  public long named(String name) {
    return store.change(
        handle ->
            handle
                .createQuery("SELECT id FROM annotator WHERE name = :name ORDER BY id LIMIT 1")
                .bind("name", name)
                .mapTo(Long.class)
                .findOne()
                .orElseGet(
                    () ->
                        handle
                            .createUpdate(
                                "INSERT INTO annotator (name, created) VALUES (:name, :now)")
                            .bind("name", name)
                            .bind("now", clock.millis())
                            .executeAndReturnGeneratedKeys("id")
                            .mapTo(Long.class)
                            .one()));
  }
}
