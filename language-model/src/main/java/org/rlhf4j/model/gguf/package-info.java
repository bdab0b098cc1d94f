/**
 * Models in GGUF files, as llama.cpp takes them: parsing and writing the format, quantized blocks,
 * and what its metadata means as a {@code config.json} and a tokenizer. The format is that of
 * ggml's docs/gguf.md, versions 2 and 3, little-endian.
 */
package org.rlhf4j.model.gguf;
