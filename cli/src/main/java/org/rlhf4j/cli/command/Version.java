package org.rlhf4j.cli.command;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version this build was made as. */
public final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"rlhf4j " + text()};
  }

  /** The version in the jar's manifest; "unpackaged" outside a jar. */
  public static String text() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("unpackaged");
  }
}
