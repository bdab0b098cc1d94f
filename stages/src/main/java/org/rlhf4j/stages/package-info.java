/**
 * The table of stages. The command and its subcommands, plans, pipelines and their schema, the
 * completion and the report all read it, so that a new stage is one module and one row here.
 */
package org.rlhf4j.stages;
