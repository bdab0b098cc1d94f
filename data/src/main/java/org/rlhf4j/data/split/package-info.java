/** Training rows and held-out rows, read, weighted and tokenized: what a stage begins with. */
package org.rlhf4j.data.split;
