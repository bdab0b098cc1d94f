package org.rlhf4j.rollout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.ConfigBuilder;

/** A tiny model of fresh weights, and rollouts made by hand. */
public final class TinyRollouts {
  /** Configuration and tokenizer of two small layers; 97 ids, of which 0 is EOS. */
  public static final Path FOLDER = Path.of("src/test/resources/fixtures/tiny");

  public static final int VOCABULARY = 97;

  private TinyRollouts() {}

  public static Tokenizer tokenizer() {
    return Tokenizer.load(FOLDER);
  }

  public static LanguageModel policy(long seed) {
    return LanguageModel.fresh(ModelConfig.read(FOLDER), tokenizer(), seed);
  }

  /** A completion that ended if its last id is EOS. */
  public static Completion completion(double score, int... ids) {
    return new Completion(ids, ids[ids.length - 1] == 0, "", score, null, null, null);
  }

  public static RolloutGroup group(long number, int[] prompt, Completion... completions) {
    return new RolloutGroup(number, null, prompt, null, List.of(completions));
  }

  /** A rollout of one group of each of these lengths of completions. */
  public static Rollout ofLengths(int[]... groups) {
    Random random = new Random(Arrays.deepHashCode(groups));
    List<RolloutGroup> made = new ArrayList<>();
    for (int[] lengths : groups) {
      Completion[] completions =
          Arrays.stream(lengths)
              .mapToObj(length -> completion(random.nextGaussian(), ids(random, length)))
              .toArray(Completion[]::new);
      made.add(group(made.size(), ids(random, 1 + random.nextInt(5)), completions));
    }
    return new Rollout(made);
  }

  /** Prompts of 1, 2, 3 … tokens: "prompt 0" with "answer 0", and so on. */
  public static List<TokenizedPrompt> prompts(int count) {
    Random random = new Random(3);
    List<TokenizedPrompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PromptRow row =
          new PromptRow("prompt " + i, Optional.of("answer " + i), new Location("test", i + 1, 1));
      prompts.add(new TokenizedPrompt(ids(random, 1 + i), row, 0));
    }
    return prompts;
  }

  /** Ids other than the special ones. */
  public static int[] ids(Random random, int length) {
    return random.ints(length, 3, VOCABULARY).toArray();
  }

  /** One number per token, each different. */
  public static float[][] numbers(Rollout rollout) {
    float[][] rows = new float[rollout.size()][];
    int next = 0;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new float[rollout.completions().get(i).length()];
      for (int t = 0; t < rows[i].length; t++) {
        rows[i][t] = next++;
      }
    }
    return rows;
  }

  /** The KL's settings as they are unless given. */
  public static KlSettings kl() {
    return ConfigBuilder.of(KlSettings.class).build();
  }
}
