/** The commands that run stages, one or a whole pipeline of them, plan them, or report on them. */
package org.rlhf4j.cli.stage;
