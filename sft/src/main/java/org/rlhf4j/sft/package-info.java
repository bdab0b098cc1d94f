/** Stage 1: supervised fine-tuning on demonstrations. */
package org.rlhf4j.sft;
