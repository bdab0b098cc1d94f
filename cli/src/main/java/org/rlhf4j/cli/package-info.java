/**
 * The {@code rlhf} command: one subcommand a class, listed in {@link org.rlhf4j.cli.Rlhf}. A
 * subcommand extends {@link org.rlhf4j.cli.command.SettingsCommand} with its settings record and
 * gets its options, its configuration file, its help and its error lines from there.
 */
package org.rlhf4j.cli;
