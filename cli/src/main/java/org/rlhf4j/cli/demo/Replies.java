package org.rlhf4j.cli.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;

/**
 * What a model replies to the prompts of a file.
 *
 * @param all a reply to each row's prompt, sampled from the whole distribution, in their order
 */
public record Replies(List<Reply> all) {

  private static final int MAX_NEW_TOKENS = 48;
  private static final int ROWS = 64;

  /**
   * A reply.
   *
   * @param prompt as it was asked
   * @param text of the reply, without special tokens
   */
  public record Reply(String prompt, String text) {}

  /** Keeps a copy. */
  public Replies {
    all = List.copyOf(all);
  }

  /**
   * Samples.
   *
   * @param model a model folder or a run
   * @param prompts file of rows
   * @param seed with the row's number it gives the same random numbers to every model
   * @return a reply a row
   */
  public static Replies of(Path model, Path prompts, long seed) {
    try (LanguageModel loaded = LanguageModel.load(model)) {
      List<TokenizedPrompt> rows =
          new RowTokenizer(loaded.tokenizer(), loaded.config().dimensions().positions())
              .tokenizePrompts(
                  Rows.read(List.of(prompts), RowKind.PROMPTS, OnBadRow.FAIL), MAX_NEW_TOKENS)
              .rows();
      List<GenerationRequest> requests =
          IntStream.range(0, rows.size())
              .mapToObj(row -> request(rows.get(row), new SampleKey(seed, 0, row, 0)))
              .toList();
      List<List<Sampled>> sampled =
          Generator.generate(
              loaded,
              SamplingSettings.of(MAX_NEW_TOKENS, 1),
              loaded.tokenizer().stopIds(),
              requests,
              ROWS);
      List<Reply> replies = new ArrayList<>();
      for (int row = 0; row < rows.size(); row++) {
        String text = loaded.tokenizer().decodeContinuation(sampled.get(row).get(0).ids());
        replies.add(new Reply(rows.get(row).row().prompt(), text));
      }
      return new Replies(replies);
    }
  }

  private static GenerationRequest request(TokenizedPrompt prompt, SampleKey key) {
    return new GenerationRequest(prompt.ids(), List.of(key));
  }

  /**
   * The share of the replies that a judge accepts.
   *
   * @param judge takes a prompt and the text of the reply
   * @return from 0 to 1
   */
  public double share(BiPredicate<String, String> judge) {
    long accepted = all.stream().filter(one -> judge.test(one.prompt(), one.text())).count();
    return (double) accepted / all.size();
  }
}
