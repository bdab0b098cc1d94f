package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/**
 * What a process computes with a model before it is trained. Two processes with the same model and
 * kind of processor compute the same, bit for bit.
 *
 * @param tokenizer the hash of the model's tokenizer
 * @param numbers log-probabilities or scores of a few tokens
 */
public record ModelProbe(String tokenizer, List<Float> numbers) implements Serializable {
  /** Ids of a probe; they are the same for each model. */
  private static final int IDS = 24;

  /** What a language model computes. */
  public static ModelProbe of(LanguageModel model) {
    PackedTokens tokens = tokens(model.config().dimensions().vocabulary());
    return of(model.tokenizer(), model.logprobs(tokens, 1).logprobs());
  }

  /** What a reward model computes. */
  public static ModelProbe of(ScalarModel model) {
    PackedTokens tokens = tokens(model.config().dimensions().vocabulary());
    return of(model.tokenizer(), model.scores(tokens));
  }

  private static PackedTokens tokens(int vocabulary) {
    int[] ids = IntStream.range(0, IDS).map(i -> (7 * i + 3) % vocabulary).toArray();
    int half = IDS / 2;
    return PackedTokens.of(
        List.of(
            TokenTree.of(
                IntStream.range(0, half).map(i -> ids[i]).toArray(),
                IntStream.range(half, IDS).map(i -> ids[i]).toArray())));
  }

  private static ModelProbe of(Tokenizer tokenizer, float[] computed) {
    List<Float> numbers = new ArrayList<>();
    for (float one : computed) {
      numbers.add(one);
    }
    return new ModelProbe(tokenizer.hash(), List.copyOf(numbers));
  }

  /**
   * Makes sure that another process computes the same.
   *
   * @param other what it computes
   * @throws UserException naming what differs
   */
  public void requireSame(ModelProbe other) {
    if (!tokenizer.equals(other.tokenizer)) {
      throw new UserException(
          "its tokenizer is another than the trainer's; give it the same model");
    }
    for (int i = 0; i < numbers.size(); i++) {
      if (!numbers.get(i).equals(other.numbers.get(i))) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "its model computes other numbers than the trainer's (%s and %s): the model is"
                    + " another, or the processor is of another kind; give it the same --model, and"
                    + " use machines of one kind",
                other.numbers.get(i),
                numbers.get(i)));
      }
    }
  }
}
