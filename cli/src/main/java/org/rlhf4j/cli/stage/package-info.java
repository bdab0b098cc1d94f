/**
 * The commands about stages: they run one or a whole pipeline of them, plan them, report on them,
 * and write the schema of pipeline files.
 */
package org.rlhf4j.cli.stage;
