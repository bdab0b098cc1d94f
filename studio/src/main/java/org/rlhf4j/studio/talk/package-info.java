/** Replies of a model: two or more to the same words, so that somebody can say which is better. */
package org.rlhf4j.studio.talk;
