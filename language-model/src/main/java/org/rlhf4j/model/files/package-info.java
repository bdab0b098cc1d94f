/** The small files of a model: those of its folder, or those that a GGUF file stands for. */
package org.rlhf4j.model.files;
