/**
 * Reward models held against labels: which models a project has, how they score its items, how
 * often they agree with people, and on which pairs they are most wrong. Nothing here knows that
 * there is a page, or how a model was made.
 */
package org.rlhf4j.studio.circle;
