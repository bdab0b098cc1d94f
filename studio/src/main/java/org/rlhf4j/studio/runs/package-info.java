/**
 * Runs as they learn: which run directories there are below a folder, what state each is in, and
 * the metrics that were written since one last looked. Files are only read. No lock is taken, so a
 * trainer never notices that somebody watches.
 */
package org.rlhf4j.studio.runs;
