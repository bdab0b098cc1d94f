package org.rlhf4j.data.token;

import org.rlhf4j.data.row.PromptRow;

/**
 * A prompt as token ids, cut to leave room for what will be sampled.
 *
 * @param ids at least one
 * @param row where it comes from
 * @param cut how many ids it lost at its beginning, behind a BOS
 */
public record TokenizedPrompt(int[] ids, PromptRow row, int cut) {}
