/**
 * Stages in one file: the file's form and its schema, the stages bound to their settings, and the
 * runner, which skips what is finished and refuses what has changed. {@link
 * org.rlhf4j.pipeline.HubPaths} makes settings that name something on the hub local, for a pipeline
 * and for any other command.
 */
package org.rlhf4j.pipeline;
