/**
 * Rows as tokens: the ids of prompt and completions, which of them are trained on, and where a row
 * is cut.
 */
package org.rlhf4j.data.token;
