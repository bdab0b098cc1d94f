package org.rlhf4j.data;

import org.rlhf4j.model.TokenTree;

/**
 * A row as token ids, cut to fit.
 *
 * @param tree the prompt's ids after the cut, and those of each completion; every completion token
 *     that has a predictor is trained on
 * @param row where it comes from
 * @param margin of a comparison, else 0
 * @param cut how many ids the prompt lost at its beginning
 */
public record TokenizedRow(TokenTree tree, Row row, double margin, int cut) {}
