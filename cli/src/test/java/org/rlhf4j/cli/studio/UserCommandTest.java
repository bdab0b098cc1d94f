package org.rlhf4j.cli.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.store.Store;

class UserCommandTest {

  @TempDir Path folder;
  private String store;

  @BeforeEach
  void name() {
    store = folder.resolve("store").toString();
  }

  private Outcome user(String input, String... arguments) {
    List<String> all = new ArrayList<>(List.of("studio", "user"));
    all.addAll(Arrays.asList(arguments));
    all.addAll(List.of("--store", store));
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return rlhf(all.toArray(String[]::new));
    } finally {
      System.setIn(before);
    }
  }

  private static void refused(Outcome outcome, int code, String line) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(code);
    assertThat(outcome.lastErrorLine()).isEqualTo("rlhf: " + line);
    assertThat(outcome.err().lines()).hasSize(1);
  }

  @Test
  void accountsAreMadeListedChangedAndErased() {
    refused(
        user("correct horse\n", "add", "Bob"),
        1,
        "there would be accounts and no admin; make one first with 'rlhf studio user add --admin'");
    assertThat(user("correct horse\n", "add", "--admin", "Ada").succeeded().err())
        .startsWith("Ada is admin number ")
        .doesNotContain("horse");
    user("batterie stäple\nnot read\n", "add", "--reviewer", "Bob").succeeded();
    assertThat(user("").succeeded().lines())
        .hasSize(2)
        .anyMatch(line -> line.endsWith("\tadmin\tAda"))
        .anyMatch(line -> line.endsWith("\treviewer\tBob"));
    user("another horse\n", "password", "ada").succeeded();
    try (Store open = Store.existing(store)) {
      Accounts accounts = new Accounts(open, Clock.systemUTC());
      assertThat(accounts.check("Bob", "batterie stäple".toCharArray())).isPresent();
      assertThat(accounts.check("Ada", "another horse".toCharArray())).isPresent();
      assertThat(accounts.check("Ada", "correct horse".toCharArray())).isEmpty();
    }
    assertThat(user("", "erase", "Bob").succeeded().err())
        .startsWith("erased; the verdicts stay under the number ");
    assertThat(user("").succeeded().lines()).hasSize(1);
  }

  @Test
  void mistakesAreOneLine() {
    refused(
        user(""),
        2,
        store
            + ": there is no store here; name its folder with --store, or make one with 'rlhf"
            + " studio add'");
    refused(
        user("", "add", "--admin", "Ada"),
        2,
        "password: the standard input is empty; type the password in a terminal, or give it as the"
            + " first line of the input");
    refused(
        user("short\n", "add", "--admin", "Ada"), 2, "password: must have 10 to 200 characters");
    user("correct horse\n", "add", "--admin", "Ada").succeeded();
    refused(
        user("correct horse\n", "add", "ADA"), 2, "name: somebody has it already; take another");
    refused(
        user("correct horse\n", "add", "<b>"),
        2,
        "name: this can't be one; take up to 64 letters, digits, spaces, dots, @, - and _");
    refused(
        user("", "erase", "Eve"),
        1,
        "nobody in " + store + " has this name; 'rlhf studio user' lists accounts");
    refused(
        user("", "erase", "Ada", "--password", "x"),
        2,
        "unknown option '--password'; did you mean '--store'?");
  }
}
