/**
 * Models and data files of the Hugging Face hub, in the cache that huggingface_hub keeps, so that
 * either finds what the other downloaded. Layout, variables and headers are those of
 * huggingface_hub 2.4.0.
 */
package org.rlhf4j.hub;
