/** Records, their readers and tokenized batches. */
package org.rlhf4j.data;
