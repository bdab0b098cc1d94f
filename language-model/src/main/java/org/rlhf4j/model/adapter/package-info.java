/**
 * Low-rank adapters (LoRA) and their folders in peft's form: which matrices are adapted, their
 * factors, and the base that they belong to.
 */
package org.rlhf4j.model.adapter;
