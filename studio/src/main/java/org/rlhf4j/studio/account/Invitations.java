package org.rlhf4j.studio.account;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/** Links by which somebody makes an account of their own, once. */
public final class Invitations {

  /** How long one may be used. */
  public static final Duration TIME = Duration.ofDays(7);

  private final Store store;
  private final Accounts accounts;
  private final Clock clock;

  /** The invitations of a store. */
  public Invitations(Store store, Accounts accounts, Clock clock) {
    this.store = store;
    this.accounts = accounts;
    this.clock = clock;
  }

  /**
   * Makes one.
   *
   * @param role of the account that is made with it
   * @return what the link has in it
   */
  public String make(Role role) {
    String secret = Secrets.random();
    store.change(
        handle -> {
          handle.execute("DELETE FROM invitation WHERE expires <= ?", clock.millis());
          return handle
              .createUpdate(
                  "INSERT INTO invitation (digest, role, expires) VALUES (:digest, :role, :expires)")
              .bind("digest", Secrets.digest(secret))
              .bind("role", role.written())
              .bind("expires", clock.millis() + TIME.toMillis())
              .execute();
        });
    return secret;
  }

  /**
   * Makes an account with one, which is used up then.
   *
   * @param secret what the link has in it
   * @param name which nobody has
   * @param password 10 to 200 characters
   * @return the account
   * @throws UserException if the invitation was used or is too old, or the account can't be made
   */
  public Account accept(String secret, String name, char[] password) {
    requireOpen(secret);
    String plain = Credentials.requireName(name);
    Credentials.requirePassword(plain, password);
    String hash = accounts.hash(password);
    return store.change(
        handle -> {
          Role role =
              handle
                  .createQuery(
                      "DELETE FROM invitation WHERE digest = :digest AND expires > :now"
                          + " RETURNING role")
                  .bind("digest", Secrets.digest(secret))
                  .bind("now", clock.millis())
                  .mapTo(String.class)
                  .findOne()
                  .flatMap(Role::of)
                  .orElseThrow(Invitations::over);
          return accounts.join(handle, plain, role, hash);
        });
  }

  /** Before a password is worked on, so that nobody without an invitation makes work. */
  private void requireOpen(String secret) {
    Optional<Integer> open =
        store.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT 1 FROM invitation WHERE digest = :digest AND expires > :now")
                    .bind("digest", Secrets.digest(secret))
                    .bind("now", clock.millis())
                    .mapTo(Integer.class)
                    .findOne());
    if (open.isEmpty()) {
      throw over();
    }
  }

  private static UserException over() {
    return new UserException("this invitation was used already or is too old; ask for another one");
  }
}
