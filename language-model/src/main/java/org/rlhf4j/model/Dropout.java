package org.rlhf4j.model;

import org.rlhf4j.model.random.CounterRandom;

/**
 * Which inputs adapters don't see in a training step: a function of the run's seed, the step, and a
 * token with all before it. So neither the tokens packed beside it nor micro-batches change it, and
 * a resumed run draws the same.
 *
 * @param seed the run's
 * @param step from 1
 */
record Dropout(long seed, int step) {

  /** One key a token, from which the script draws for every adapter and column. */
  int[] keys(PackedTokens tokens) {
    CounterRandom start = new CounterRandom(seed, step);
    int[] keys = new int[tokens.tokens()];
    int row = 0;
    int segment = 0;
    for (long completions : tokens.branches()) {
      CounterRandom prompt = start;
      for (int i = 0; i <= completions; i++) {
        CounterRandom before = prompt;
        for (long n = tokens.sizes()[segment]; n > 0; n--) {
          before = before.then(tokens.ids()[row]);
          keys[row++] = (int) before.bits(0);
        }
        if (i == 0) {
          prompt = before;
        }
        segment++;
      }
    }
    return keys;
  }
}
