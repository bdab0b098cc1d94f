/** Commands that write a model's folder: a fresh one, or an adapter merged into its base. */
package org.rlhf4j.cli.model;
