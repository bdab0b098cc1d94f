/** Stage 3b: GRPO, without a critic. */
package org.rlhf4j.grpo;
