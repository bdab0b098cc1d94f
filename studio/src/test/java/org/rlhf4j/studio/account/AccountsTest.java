package org.rlhf4j.studio.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.Hands;
import org.rlhf4j.studio.label.Annotators;
import org.rlhf4j.studio.store.Store;

/** What holds of accounts, whatever the store is. */
abstract class AccountsTest {

  private static final char[] PASSWORD = "correct horse".toCharArray();

  @TempDir Path folder;
  private final Hands clock = new Hands();
  private Store store;
  private Accounts accounts;
  private Sessions sessions;
  private Invitations invitations;
  private Account ada;

  /** The address of an empty store. */
  abstract String store();

  @BeforeEach
  void open() {
    store = Store.open(store());
    accounts = new Accounts(store, clock, 1_000);
    sessions = new Sessions(store, clock);
    invitations = new Invitations(store, accounts, clock);
    ada = accounts.add("Ada", Role.ADMIN, PASSWORD);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void onlyNameAndPasswordTogetherAreAnAccount() {
    assertThat(accounts.check("ADA", PASSWORD)).contains(ada);
    assertThat(accounts.check("Ada", "correct horsf".toCharArray())).isEmpty();
    assertThat(accounts.check("Bob", PASSWORD)).isEmpty();
    assertThat(accounts.check("", new char[0])).isEmpty();
  }

  @Test
  void aNameIsTakenOnceHoweverItIsWritten() {
    for (String name : new String[] {"Ada", "ada", " ADA ", "\uff21\uff44\uff41"}) {
      assertThatThrownBy(() -> accounts.add(name, Role.ANNOTATOR, PASSWORD))
          .as(name)
          .isInstanceOf(UsageException.class)
          .hasMessage("name: somebody has it already; take another");
    }
    assertThat(accounts.all()).containsExactly(ada);
  }

  @Test
  void namesAndPasswordsHaveTheirForm() {
    for (String name : new String[] {"", " ", "<b>", "a\u202Eb", "a\nb", "x".repeat(65), "-rf"}) {
      assertThatThrownBy(() -> accounts.add(name, Role.ANNOTATOR, PASSWORD))
          .as(name)
          .hasMessageStartingWith("name: this can't be one");
    }
    assertThatThrownBy(() -> accounts.add("Bob", Role.ANNOTATOR, "short".toCharArray()))
        .hasMessage("password: must have 10 to 200 characters");
    assertThatThrownBy(() -> accounts.add("Robert", Role.ANNOTATOR, "xxROBERTxx".toCharArray()))
        .hasMessage("password: must not have the name in it");
  }

  /** Who labelled as {@code --annotator bob} goes on with an account of this name. */
  @Test
  void earlierVerdictsAreTheirs() {
    long number = new Annotators(store, clock).named("bob");
    assertThat(accounts.add("bob", Role.ANNOTATOR, PASSWORD).annotator()).isEqualTo(number);
    new Annotators(store, clock).named("carol");
    String secret = invitations.make(Role.ANNOTATOR);
    assertThatThrownBy(() -> invitations.accept(secret, "carol", PASSWORD))
        .as("a stranger who is invited doesn't become somebody")
        .hasMessageStartingWith("name: somebody has it already");
    assertThat(invitations.accept(secret, "caroline", PASSWORD).name())
        .as("the invitation isn't used up by that")
        .isEqualTo("caroline");
  }

  @Test
  void thereIsAlwaysAnAdmin() {
    assertThatThrownBy(() -> accounts.change(ada.annotator(), Role.REVIEWER))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there would be accounts and no admin");
    Account bob = accounts.add("Bob", Role.ANNOTATOR, PASSWORD);
    assertThatThrownBy(() -> accounts.erase("Ada")).hasMessageContaining("no admin");
    accounts.change(bob.annotator(), Role.ADMIN);
    accounts.erase("Ada");
    assertThat(accounts.all()).extracting(Account::name).containsExactly("Bob");
    accounts.erase("Bob");
    assertThat(accounts.any()).isFalse();
    assertThatThrownBy(() -> accounts.add("Eve", Role.ANNOTATOR, PASSWORD))
        .hasMessageContaining("no admin");
    assertThat(accounts.any()).isFalse();
  }

  /** Both were admins when each of them began, and one of them still is. */
  @Test
  void twoAdminsDontTakeEachOthersRoleAwayAtOnce() throws Exception {
    ExecutorService both = Executors.newFixedThreadPool(2);
    for (int round = 0; round < 10; round++) {
      List<Callable<Boolean>> changes = new ArrayList<>();
      for (String name : List.of("Ada", "Bob")) {
        long admin = account(name).annotator();
        accounts.change(admin, Role.ADMIN);
        changes.add(() -> isTaken(admin));
      }
      int taken = 0;
      for (Future<Boolean> change : both.invokeAll(changes)) {
        taken += change.get() ? 1 : 0;
      }
      assertThat(taken).isEqualTo(1);
      assertThat(accounts.hasAdmin()).isTrue();
    }
    both.shutdown();
  }

  private Account account(String name) {
    return accounts.all().stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseGet(() -> accounts.add(name, Role.ADMIN, "correct horse".toCharArray()));
  }

  private boolean isTaken(long admin) {
    try {
      accounts.change(admin, Role.ANNOTATOR);
      return true;
    } catch (UserException e) {
      return false;
    }
  }

  @Test
  void aSessionIsFoundUntilItEnds() {
    String secret = sessions.begin(ada);
    assertThat(sessions.find(secret)).contains(ada);
    assertThat(sessions.find(Secrets.digest(secret))).as("what the store has").isEmpty();
    assertThat(sessions.begin(ada)).isNotEqualTo(secret);
    sessions.end(secret);
    assertThat(sessions.find(secret)).isEmpty();
    String other = sessions.begin(ada);
    clock.move(Sessions.TIME.minusSeconds(1));
    assertThat(sessions.find(other)).isPresent();
    clock.move(Duration.ofSeconds(1));
    assertThat(sessions.find(other)).isEmpty();
  }

  @Test
  void anotherPasswordOrNoAccountEndsTheSessions() {
    String first = sessions.begin(ada);
    accounts.change(ada, "another horse".toCharArray());
    assertThat(sessions.find(first)).isEmpty();
    assertThat(accounts.check("ada", PASSWORD)).isEmpty();
    assertThat(accounts.check("ada", "another horse".toCharArray())).contains(ada);
    String second = sessions.begin(ada);
    accounts.erase("ada");
    assertThat(sessions.find(second)).isEmpty();
  }

  @Test
  void anotherRoleHoldsAtOnce() {
    Account bob = accounts.add("Bob", Role.ADMIN, PASSWORD);
    String secret = sessions.begin(bob);
    accounts.change(bob.annotator(), Role.ANNOTATOR);
    assertThat(sessions.find(secret).orElseThrow().role()).isEqualTo(Role.ANNOTATOR);
  }

  @Test
  void anInvitationIsUsedOnceAndInTime() {
    String secret = invitations.make(Role.REVIEWER);
    assertThat(invitations.accept(secret, "Bob", PASSWORD).role()).isEqualTo(Role.REVIEWER);
    assertThatThrownBy(() -> invitations.accept(secret, "Carol", PASSWORD))
        .hasMessage("this invitation was used already or is too old; ask for another one");
    String late = invitations.make(Role.REVIEWER);
    clock.move(Invitations.TIME);
    assertThatThrownBy(() -> invitations.accept(late, "Carol", PASSWORD))
        .hasMessageContaining("too old");
    assertThatThrownBy(() -> invitations.accept("guess", "Carol", PASSWORD))
        .hasMessageContaining("too old");
    assertThat(accounts.all()).hasSize(2);
  }

  @Test
  void neitherPasswordsNorSecretsAreInTheStore() {
    String session = sessions.begin(ada);
    String invitation = invitations.make(Role.ANNOTATOR);
    String all =
        store.read(
            handle ->
                handle.createQuery("SELECT * FROM account").mapToMap().list()
                    + " "
                    + handle.createQuery("SELECT * FROM session").mapToMap().list()
                    + " "
                    + handle.createQuery("SELECT * FROM invitation").mapToMap().list());
    assertThat(all)
        .contains("pbkdf2-sha256", Secrets.digest(session), Secrets.digest(invitation))
        .doesNotContain(session, invitation, "correct horse");
  }

  /** What is logged of a fault is its message. */
  @Test
  void aFaultDoesNotTellWhatItWasAbout() {
    assertThatThrownBy(
            () ->
                store.change(
                    handle ->
                        handle
                            .createUpdate("INSERT INTO nothing (a) VALUES (:a)")
                            .bind("a", "a secret")
                            .execute()))
        .hasMessageContaining("nothing")
        .hasMessageNotContaining("a secret");
  }
}
