/**
 * What every command is made of: options that come from a settings record, the machine that is
 * prepared before it runs, and the line that it ends with when it fails; and what commands of
 * several packages share.
 */
package org.rlhf4j.cli.command;
