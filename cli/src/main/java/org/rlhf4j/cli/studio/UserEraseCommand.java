package org.rlhf4j.cli.studio;

import java.time.Clock;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Erases a name. */
@Command(
    name = "erase",
    description = {
      "Erase somebody's name, password and sessions from the studio's store. Their verdicts stay,",
      "under a number."
    })
public final class UserEraseCommand extends SettingsCommand<StoreSettings> {

  @Parameters(paramLabel = "NAME", description = "The name of an account or of an annotator.")
  private String name;

  public UserEraseCommand() {
    super(StoreSettings.class);
  }

  @Override
  protected void run(StoreSettings chosen) {
    try (Store store = Store.existing(chosen.store())) {
      long annotator = new Accounts(store, Clock.systemUTC()).erase(name);
      err().println("erased; the verdicts stay under the number " + annotator);
    }
  }
}
