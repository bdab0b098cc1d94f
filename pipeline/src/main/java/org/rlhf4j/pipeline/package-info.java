/**
 * Stages in one file: the file's form and its schema, the stages bound to their settings, and the
 * runner, which skips what is finished and refuses what has changed.
 */
package org.rlhf4j.pipeline;
