/** Stage 2: a Bradley-Terry reward model from comparisons, and its held-out evaluation. */
package org.rlhf4j.reward;
