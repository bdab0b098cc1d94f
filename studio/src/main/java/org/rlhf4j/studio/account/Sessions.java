package org.rlhf4j.studio.account;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.studio.store.Store;

/**
 * Who has logged in. A browser has a random text, the store its digest. So a session outlives the
 * studio, and a copy of the store opens no door.
 */
public final class Sessions {

  /** How long one lasts. */
  public static final Duration TIME = Duration.ofDays(7);

  private final Store store;
  private final Clock clock;

  /** The sessions of a store. */
  public Sessions(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Begins one.
   *
   * @param account who has logged in
   * @return the browser's secret, new each time
   */
  public String begin(Account account) {
    String secret = Secrets.random();
    store.change(
        handle -> {
          handle
              .createUpdate("DELETE FROM session WHERE expires <= :now")
              .bind("now", clock.millis())
              .execute();
          return handle
              .createUpdate(
                  "INSERT INTO session (digest, annotator_id, expires)"
                      + " VALUES (:digest, :annotator, :expires)")
              .bind("digest", Secrets.digest(secret))
              .bind("annotator", account.annotator())
              .bind("expires", clock.millis() + TIME.toMillis())
              .execute();
        });
    return secret;
  }

  /** Whose session it is, if it is one that hasn't ended. */
  public Optional<Account> find(String secret) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT account.annotator_id, annotator.name, account.role FROM session"
                        + " JOIN account ON account.annotator_id = session.annotator_id"
                        + " JOIN annotator ON annotator.id = account.annotator_id"
                        + " WHERE session.digest = :digest AND session.expires > :now")
                .bind("digest", Secrets.digest(secret))
                .bind("now", clock.millis())
                .map(Accounts.ACCOUNT)
                .findOne());
  }

  /** What a change of this session has to carry. Only its own page can find it out. */
  public static String token(String secret) {
    return Secrets.digest("token of " + secret);
  }

  /** Ends one. */
  public void end(String secret) {
    store.change(
        handle -> handle.execute("DELETE FROM session WHERE digest = ?", Secrets.digest(secret)));
  }

  static void endAll(Handle handle, long annotator) {
    handle.execute("DELETE FROM session WHERE annotator_id = ?", annotator);
  }
}
