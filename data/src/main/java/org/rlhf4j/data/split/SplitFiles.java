package org.rlhf4j.data.split;

import org.rlhf4j.data.file.RowFiles;

/**
 * The files of a run.
 *
 * @param data files to train on
 * @param evalData files to evaluate on; where there are none, a share of {@code data} is
 * @param evalFraction that share, from 0 to below 1: the rows whose prompt's hash falls in it
 */
public record SplitFiles(RowFiles data, RowFiles evalData, double evalFraction) {}
