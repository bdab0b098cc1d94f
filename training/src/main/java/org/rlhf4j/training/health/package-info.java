/** What the metrics of a run give reason to warn of. */
package org.rlhf4j.training.health;
