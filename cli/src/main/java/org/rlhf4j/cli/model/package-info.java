/** Commands that write a model: a fresh folder, an adapter merged into its base, or a GGUF file. */
package org.rlhf4j.cli.model;
