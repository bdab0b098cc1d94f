package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rlhf4j.data.DataSettings;
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
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UserException;

/**
 * Times sampling: prompts from a file of rows, completions at temperature 1 from the whole
 * distribution, as ppo and grpo draw them. A step is the sampling of all completions once. The
 * model's own stop ids end a completion; {@code ended} says how often that happened.
 */
public final class GenerateBench {
  private GenerateBench() {}

  /**
   * Its options.
   *
   * @param model a model folder
   * @param data files of rows with prompts
   * @param prompts prompts of a step
   * @param samples completions of a prompt
   * @param maxNewTokens the most tokens of a completion
   * @param maxLength of prompt and completion, or null
   * @param steps how often the step is timed
   * @param warmup steps before those
   * @param threads of an operation, or null
   * @param precision of matrices and activations
   * @param seed of the draws
   */
  record Options(
      @Setting(help = "Language model: a model folder or a run.", required = true) Path model,
      @Setting(help = "File of rows with prompts.", required = true) List<Path> data,
      @Setting(help = "Prompts of a step, the file's first ones.", defaultValue = "32") int prompts,
      @Setting(help = "Completions of a prompt.", defaultValue = "1") int samples,
      @Setting(help = "Most tokens of a completion.", defaultValue = "64") int maxNewTokens,
      @Setting(
              help = "Most tokens of prompt and completion; a long prompt loses its beginning.",
              defaultText = "the model's positions, at most 1024")
          Integer maxLength,
      @Setting(help = "Steps that are timed.", defaultValue = "5") int steps,
      @Setting(help = "Steps before those.", defaultValue = "1") int warmup,
      @Setting(help = "CPU threads.", defaultText = "one a core") Integer threads,
      @Setting(help = "Number format of matrices and activations.", defaultValue = "fp32")
          Precision precision,
      @Setting(help = "Seed of the draws.", defaultValue = "0") long seed) {
    Options {
      Limits.positive("prompts", prompts);
      Limits.positive("samples", samples);
      Limits.positive("steps", steps);
      Limits.notNegative("warmup", warmup);
    }
  }

  /**
   * Prints one JSON line: {@code seconds_per_step} (median) and {@code all_seconds}, {@code
   * tokens_per_second}, {@code first_token_seconds} (prompts and first tokens alone), {@code
   * decode_step_seconds} (one further token of all completions), {@code ended} (share that met a
   * stop id), {@code logprob_mean} of the tokens drawn.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, GenerateBench::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    int threads = Measurement.threads(chosen.threads());
    try (LanguageModel model = LanguageModel.load(chosen.model(), chosen.precision())) {
      List<int[]> prompts = prompts(model, chosen);
      Sampling sampling = new Sampling(model, prompts, chosen);
      Seconds first = Seconds.of(1, chosen.steps(), () -> sampling.draw(1));
      Seconds all =
          Seconds.of(chosen.warmup(), chosen.steps(), () -> sampling.draw(chosen.maxNewTokens()));
      List<Sampled> last = sampling.drawn();
      double tokens = last.stream().mapToInt(sampled -> sampled.ids().length).sum();
      int furtherTokens =
          last.stream().mapToInt(sampled -> sampled.ids().length).max().orElse(0) - 1;
      line.put("work", "generate")
          .put("model", String.valueOf(chosen.model().getFileName()))
          .put("prompt_tokens", prompts.stream().mapToInt(ids -> ids.length).average().orElse(0))
          .put("seconds_per_step", all.median())
          .put("tokens_per_second", tokens / all.median())
          .put("first_token_seconds", first.median())
          .put(
              "decode_step_seconds",
              furtherTokens < 1 ? null : (all.median() - first.median()) / furtherTokens)
          .put("completion_length", tokens / last.size())
          .put("ended", (double) last.stream().filter(Sampled::ended).count() / last.size())
          .put("logprob_mean", logprobMean(last))
          .put("threads", threads);
      ArrayNode seconds = line.putArray("all_seconds");
      for (double one : all.all()) {
        seconds.add(one);
      }
    }
  }

  private static List<int[]> prompts(LanguageModel model, Options chosen) {
    List<TokenizedPrompt> prompts =
        new RowTokenizer(
                model.tokenizer(),
                DataSettings.longestRow(chosen.maxLength(), model.config().dimensions()))
            .tokenizePrompts(
                Rows.read(chosen.data(), RowKind.PROMPTS, OnBadRow.FAIL), chosen.maxNewTokens())
            .rows();
    if (prompts.size() < chosen.prompts()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: has %d prompts, and --prompts wants %d",
              chosen.data(),
              prompts.size(),
              chosen.prompts()));
    }
    return prompts.stream().limit(chosen.prompts()).map(TokenizedPrompt::ids).toList();
  }

  private static double logprobMean(List<Sampled> drawn) {
    double sum = 0;
    int tokens = 0;
    for (Sampled sampled : drawn) {
      for (float logprob : sampled.logprobs()) {
        sum += logprob;
        tokens++;
      }
    }
    return sum / tokens;
  }

  /** Draws all completions, each time others. */
  private static final class Sampling {
    private final LanguageModel model;
    private final List<int[]> prompts;
    private final Options chosen;
    private final int[] stopIds;
    private List<Sampled> drawn = List.of();
    private int step;

    Sampling(LanguageModel model, List<int[]> prompts, Options chosen) {
      this.model = model;
      this.prompts = prompts;
      this.chosen = chosen;
      this.stopIds = model.tokenizer().stopIds();
    }

    void draw(int newTokens) {
      step++;
      List<GenerationRequest> requests = new ArrayList<>();
      for (int p = 0; p < prompts.size(); p++) {
        int prompt = p;
        requests.add(
            new GenerationRequest(
                prompts.get(p),
                IntStream.range(0, chosen.samples())
                    .mapToObj(sample -> new SampleKey(chosen.seed(), step, prompt, sample))
                    .toList()));
      }
      int rows = prompts.size() * chosen.samples();
      drawn =
          Generator.generate(model, SamplingSettings.of(newTokens, 1), stopIds, requests, rows)
              .stream()
              .flatMap(List::stream)
              .toList();
    }

    List<Sampled> drawn() {
      return drawn;
    }
  }
}
