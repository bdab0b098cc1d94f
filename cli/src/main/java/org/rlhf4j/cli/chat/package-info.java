/**
 * A dialogue with a model in the terminal: the lines that are typed, the settings that may change
 * on the way, and the answers as they come.
 */
package org.rlhf4j.cli.chat;
