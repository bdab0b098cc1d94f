package org.rlhf4j.cli.studio;

import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes an account. */
@Command(
    name = "add",
    description = {
      "Make an account for the studio. The password is asked for in the terminal, or is the first",
      "line of the standard input. The first account is an admin's."
    })
public final class UserAddCommand extends SettingsCommand<UserAddCommand.UserAddSettings> {

  @Parameters(paramLabel = "NAME", description = "What they are called, and log in with.")
  private String name;

  /**
   * What {@code rlhf studio user add} takes.
   *
   * @param admin whether they may change projects and accounts
   * @param reviewer whether they see all answers
   * @param store where the account is made
   */
  record UserAddSettings(
      @Setting(help = "Make an admin, who may do everything.", defaultValue = "false")
          boolean admin,
      @Setting(
              help = "Make a reviewer, who sees all answers and settles items.",
              defaultValue = "false")
          boolean reviewer,
      StoreSettings store) {

    UserAddSettings {
      Limits.require(!(admin && reviewer), "admin", "and --reviewer exclude each other");
    }

    private Role role() {
      return admin ? Role.ADMIN : reviewer ? Role.REVIEWER : Role.ANNOTATOR;
    }
  }

  public UserAddCommand() {
    super(UserAddSettings.class);
  }

  @Override
  protected void run(UserAddSettings chosen) throws IOException {
    char[] password = Password.read();
    try (Store store = Store.open(chosen.store().store())) {
      Account account = new Accounts(store, Clock.systemUTC()).add(name, chosen.role(), password);
      err()
          .printf(
              Locale.ROOT,
              "%s is %s number %d%n",
              account.name(),
              account.role().written(),
              account.annotator());
    }
  }
}
