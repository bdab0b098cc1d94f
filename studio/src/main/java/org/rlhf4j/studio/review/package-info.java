/**
 * What reviewers look at: how often annotators are right about gold items, and the items about
 * which they disagree, that they flagged, or that were sent to the reviewers.
 */
package org.rlhf4j.studio.review;
