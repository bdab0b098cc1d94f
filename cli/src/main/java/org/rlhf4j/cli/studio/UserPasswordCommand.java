package org.rlhf4j.cli.studio;

import java.io.IOException;
import java.time.Clock;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Gives an account another password. */
@Command(
    name = "password",
    description = {
      "Give an account another password, and end its sessions. The password is asked for in the",
      "terminal, or is the first line of the standard input."
    })
public final class UserPasswordCommand extends SettingsCommand<StoreSettings> {

  @Parameters(paramLabel = "NAME", description = "The account's name.")
  private String name;

  public UserPasswordCommand() {
    super(StoreSettings.class);
  }

  @Override
  protected void run(StoreSettings chosen) throws IOException {
    try (Store store = Store.existing(chosen.store())) {
      Accounts accounts = new Accounts(store, Clock.systemUTC());
      Account account = accounts.named(name);
      accounts.change(account, Password.read());
      err().println(account.name() + " has another password now");
    }
  }
}
