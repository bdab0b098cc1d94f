/**
 * Servers that sample a policy's completions over the OpenAI-compatible API of vLLM: what is asked,
 * what of an answer is believed, how a step's adapter is handed over, and the proof that a server
 * computes with it.
 */
package org.rlhf4j.rollout.server;
