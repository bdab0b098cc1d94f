package org.rlhf4j.studio.account;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/** The accounts of a store. A store without any has a single user, who needs no password. */
public final class Accounts {

  static final RowMapper<Account> ACCOUNT =
      (row, context) ->
          new Account(
              row.getLong("annotator_id"),
              row.getString("name"),
              Role.of(row.getString("role")).orElseThrow());

  private static final String SELECT =
      "SELECT account.annotator_id, annotator.name, account.role FROM account"
          + " JOIN annotator ON annotator.id = account.annotator_id";

  private final Store store;
  private final Clock clock;
  private final int rounds;

  /** Compared with if nobody has a name, so that this takes as long. */
  private final String nobody;

  /** The accounts of a store. */
  public Accounts(Store store, Clock clock) {
    this(store, clock, PasswordHash.ROUNDS);
  }

  /** The accounts of a store, with so many rounds of hashing. */
  Accounts(Store store, Clock clock, int rounds) {
    this.store = store;
    this.clock = clock;
    this.rounds = rounds;
    nobody = PasswordHash.ofNobody(rounds);
  }

  /** What is kept of a password. */
  String hash(char[] password) {
    return PasswordHash.of(password, rounds);
  }

  /** Whether there is any account. */
  public boolean any() {
    return store.read(
        handle ->
            handle
                .createQuery("SELECT 1 FROM account LIMIT 1")
                .mapTo(Integer.class)
                .findOne()
                .isPresent());
  }

  /** Whether somebody may change accounts. */
  public boolean hasAdmin() {
    return all().stream().anyMatch(account -> account.role() == Role.ADMIN);
  }

  /** All of them by name. */
  public List<Account> all() {
    return store.read(
        handle -> handle.createQuery(SELECT + " ORDER BY account.login").map(ACCOUNT).list());
  }

  /**
   * Makes an account. Verdicts that were kept under this name before there were accounts are
   * theirs.
   *
   * @param name which nobody's account has
   * @param role what they may do
   * @param password 10 to 200 characters
   * @return the account
   * @throws UsageException if the name is taken, or isn't one, or the password is too short
   * @throws UserException if it is the first one, and not an admin's
   */
  public Account add(String name, Role role, char[] password) {
    String plain = Credentials.requireName(name);
    Credentials.requirePassword(plain, password);
    String hash = hash(password);
    return store.change(
        handle -> {
          long annotator = known(handle, plain).orElseGet(() -> annotator(handle, plain));
          Account account = insert(handle, new Account(annotator, plain, role), hash);
          requireAdmin(handle);
          return account;
        });
  }

  /** An account that somebody who was invited makes; nobody may have had the name before. */
  Account join(Handle handle, String name, Role role, String hash) {
    if (known(handle, name).isPresent()) {
      throw taken();
    }
    return insert(handle, new Account(annotator(handle, name), name, role), hash);
  }

  private Account insert(Handle handle, Account account, String hash) {
    int inserted =
        handle
            .createUpdate(
                "INSERT INTO account (annotator_id, login, role, password, created)"
                    + " VALUES (:annotator, :login, :role, :password, :now)"
                    + " ON CONFLICT DO NOTHING")
            .bind("annotator", account.annotator())
            .bind("login", Credentials.login(account.name()))
            .bind("role", account.role().written())
            .bind("password", hash)
            .bind("now", clock.millis())
            .execute();
    if (inserted == 0) {
      throw taken();
    }
    return account;
  }

  private static UsageException taken() {
    return new UsageException("name: somebody has it already; take another");
  }

  private static Optional<Long> known(Handle handle, String name) {
    return handle
        .createQuery("SELECT id FROM annotator WHERE name = :name ORDER BY id LIMIT 1")
        .bind("name", name)
        .mapTo(Long.class)
        .findOne();
  }

  private long annotator(Handle handle, String name) {
    return handle
        .createUpdate("INSERT INTO annotator (name, created) VALUES (:name, :now)")
        .bind("name", name)
        .bind("now", clock.millis())
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Long.class)
        .one();
  }

  /**
   * The account of a name, if this is its password. It takes as long if nobody has the name.
   *
   * @param name in upper or lower case
   * @param password what was typed
   */
  public Optional<Account> check(String name, char[] password) {
    String hash = find(name).map(Found::password).orElse(nobody);
    boolean right = password.length <= Credentials.LONGEST && PasswordHash.matches(hash, password);
    return find(name).filter(found -> right && found.password().equals(hash)).map(Found::account);
  }

  private record Found(Account account, String password) {}

  private Optional<Found> find(String name) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    SELECT.replace("account.role", "account.role, account.password")
                        + " WHERE account.login = :login")
                .bind("login", Credentials.login(name))
                .map(
                    (row, context) ->
                        new Found(ACCOUNT.map(row, context), row.getString("password")))
                .findOne());
  }

  /** The account of a name. */
  public Account named(String name) {
    return find(name)
        .map(Found::account)
        .orElseThrow(
            () ->
                new UserException(
                    "nobody in %s has an account of this name; 'rlhf studio user' lists them"
                        .formatted(store.address())));
  }

  /** Gives a new password, and ends the account's sessions. */
  public void change(Account account, char[] password) {
    Credentials.requirePassword(account.name(), password);
    String hash = hash(password);
    store.change(
        handle -> {
          Sessions.endAll(handle, account.annotator());
          return handle
              .createUpdate("UPDATE account SET password = :password WHERE annotator_id = :id")
              .bind("password", hash)
              .bind("id", account.annotator())
              .execute();
        });
  }

  /**
   * Gives another role.
   *
   * @throws UserException if nobody would be left who may change accounts
   */
  public void change(long annotator, Role role) {
    store.change(
        handle -> {
          lockAdmins(handle);
          handle
              .createUpdate("UPDATE account SET role = :role WHERE annotator_id = :id")
              .bind("role", role.written())
              .bind("id", annotator)
              .execute();
          requireAdmin(handle);
          return null;
        });
  }

  /**
   * Takes an account away with its name, its password and its sessions. The verdicts stay under the
   * annotator's number.
   *
   * @throws UserException if nobody would be left who may change accounts
   */
  public void erase(long annotator) {
    store.erase(
        handle -> {
          lockAdmins(handle);
          Sessions.endAll(handle, annotator);
          handle.execute("DELETE FROM account WHERE annotator_id = ?", annotator);
          handle.execute("UPDATE annotator SET name = NULL WHERE id = ?", annotator);
          requireAdmin(handle);
        });
  }

  /**
   * Takes away the account or the mere name of an annotator.
   *
   * @param name of an account, or as it was given with {@code --annotator}
   * @return the number under which the verdicts stay
   * @throws UserException if nobody has it, or nobody would be left who may change accounts
   */
  public long erase(String name) {
    long annotator =
        find(name)
            .map(found -> found.account().annotator())
            .or(() -> store.read(handle -> known(handle, name)))
            .orElseThrow(
                () ->
                    new UserException(
                        "nobody in %s has this name; 'rlhf studio user' lists accounts"
                            .formatted(store.address())));
    erase(annotator);
    return annotator;
  }

  /** Two admins who take each other's role away at once wait for each other. */
  private static void lockAdmins(Handle handle) {
    handle
        .createUpdate("UPDATE account SET role = role WHERE role = :admin")
        .bind("admin", Role.ADMIN.written())
        .execute();
  }

  /** Accounts without an admin would be a closed door; no account at all is an open one. */
  private static void requireAdmin(Handle handle) {
    List<String> roles = handle.createQuery("SELECT role FROM account").mapTo(String.class).list();
    if (!roles.isEmpty() && !roles.contains(Role.ADMIN.written())) {
      throw new UserException(
          "there would be accounts and no admin; make one first with 'rlhf studio user add --admin'");
    }
  }
}
