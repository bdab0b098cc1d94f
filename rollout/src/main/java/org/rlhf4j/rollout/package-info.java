/** Sampling completions, scoring them, and the KL to the reference. */
package org.rlhf4j.rollout;
