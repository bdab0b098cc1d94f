package org.rlhf4j.cli.studio;

import java.time.Clock;
import java.util.List;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;

/** Lists the studio's accounts. */
@Command(name = "user", description = "List the studio's accounts; add, change or erase one.")
public final class UserCommand extends SettingsCommand<StoreSettings> {

  public UserCommand() {
    super(StoreSettings.class);
  }

  @Override
  public List<SettingsCommand<?>> subcommands() {
    return List.of(new UserAddCommand(), new UserPasswordCommand(), new UserEraseCommand());
  }

  @Override
  protected void run(StoreSettings chosen) {
    try (Store store = Store.existing(chosen.store())) {
      List<Account> accounts = new Accounts(store, Clock.systemUTC()).all();
      accounts.forEach(
          account ->
              out()
                  .println(
                      account.annotator()
                          + "\t"
                          + account.role().written()
                          + "\t"
                          + account.name()));
      if (accounts.isEmpty()) {
        err().println("there are no accounts; make one with 'rlhf studio user add --admin NAME'");
      }
    }
  }
}
