package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.UserException;

/**
 * What a process computes with a run's models before anything is trained. Two processes with the
 * same models, rows and kind of processor compute the same, bit for bit.
 *
 * @param tokenizers the hash of each model's tokenizer
 * @param rows the hash of the rows that it read; empty where rows are sent to it
 * @param numbers log-probabilities and scores of a few tokens
 */
public record Probe(List<String> tokenizers, String rows, List<Double> numbers)
    implements Serializable {
  /** Ids of a probe; they are the same for each model. */
  private static final int IDS = 24;

  /** Copies the lists. */
  public Probe {
    tokenizers = List.copyOf(tokenizers);
    numbers = List.copyOf(numbers);
  }

  /** What a language model computes. */
  public static Probe of(LanguageModel model) {
    PackedTokens tokens = tokens(model.config().dimensions().vocabulary());
    return of(model.tokenizer().hash(), model.logprobs(tokens, 1).logprobs());
  }

  /** What a reward model computes. */
  public static Probe of(ScalarModel model) {
    PackedTokens tokens = tokens(model.config().dimensions().vocabulary());
    return of(model.tokenizer().hash(), model.scores(tokens));
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

  private static Probe of(String tokenizer, float[] computed) {
    List<Double> numbers = new ArrayList<>();
    for (float one : computed) {
      numbers.add((double) one);
    }
    return new Probe(List.of(tokenizer), "", numbers);
  }

  /** This, and what the same process computes with one more model. */
  public Probe and(Probe model) {
    List<String> allTokenizers = new ArrayList<>(tokenizers);
    allTokenizers.addAll(model.tokenizers);
    List<Double> allNumbers = new ArrayList<>(numbers);
    allNumbers.addAll(model.numbers);
    return new Probe(allTokenizers, rows + model.rows, allNumbers);
  }

  /**
   * Makes sure that another process computes the same.
   *
   * @param other what it computes
   * @throws UserException naming what differs
   */
  public void requireSame(Probe other) {
    if (!tokenizers.equals(other.tokenizers)) {
      throw new UserException(
          "its tokenizer is another than the trainer's; give it the same model");
    }
    if (!rows.equals(other.rows)) {
      throw new UserException("its rows are others than the trainer's; give it the same --data");
    }
    if (!numbers.equals(other.numbers)) {
      throw new UserException(
          "its models compute other numbers than the trainer's (%s and %s): a model is another"
                  .formatted(other.firstOtherThan(this), firstOtherThan(other))
              + " or the processor is of another kind; give it the same model folders, and use"
              + " machines of one kind");
    }
  }

  private String firstOtherThan(Probe other) {
    for (int i = 0; i < Math.min(numbers.size(), other.numbers.size()); i++) {
      if (!numbers.get(i).equals(other.numbers.get(i))) {
        return numbers.get(i).toString();
      }
    }
    return numbers.size() + " numbers";
  }
}
