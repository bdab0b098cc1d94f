/** Rewards that are programs: ours, a user's class from a jar, a user's command. */
package org.rlhf4j.rollout.program;
