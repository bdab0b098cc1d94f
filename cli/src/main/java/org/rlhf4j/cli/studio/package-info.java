/**
 * The studio's commands: {@code rlhf studio} serves the page until it is interrupted; its
 * subcommands bring items in and take labels out without the page.
 */
package org.rlhf4j.cli.studio;
