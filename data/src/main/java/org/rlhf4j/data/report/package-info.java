/**
 * What became of the rows: how many were kept, cut and dropped and why, and which prompts stand in
 * training and held-out data alike.
 */
package org.rlhf4j.data.report;
