/** Stage 3a: KL-regularised PPO with a critic. */
package org.rlhf4j.ppo;
