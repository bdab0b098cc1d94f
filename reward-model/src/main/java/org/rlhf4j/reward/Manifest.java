package org.rlhf4j.reward;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * What stands beside a reward model's config.json in {@code rlhf.json}: what it was made from, and
 * the scores by which it can be recognized.
 *
 * @param kind {@value #REWARD_MODEL}
 * @param base the name of the model that it was trained from
 * @param tokenizerHash SHA-256 of tokenizer.json
 * @param headHash SHA-256 of score.weight, fp32, little-endian
 * @param probes texts with their scores
 * @param accuracy on the held-out pairs, or null where nothing was held out
 * @param pairs the number of held-out pairs
 * @param scoreMean the mean score of the best completions, held-out ones where there are any
 * @param scoreDeviation the standard deviation of those scores
 * @param lengthSlope what scores lose for each token of the completion ({@link LengthDebias}); 0,
 *     which isn't written, for nothing
 * @param versions of what made it, by name
 * @param precision the number format in which all these scores were computed
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Manifest(
    String kind,
    String base,
    String tokenizerHash,
    String headHash,
    List<Probe> probes,
    Double accuracy,
    int pairs,
    double scoreMean,
    double scoreDeviation,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) double lengthSlope,
    Map<String, String> versions,
    Precision precision) {

  /** The kind of a reward model. */
  public static final String REWARD_MODEL = "reward-model";

  /** The file's name. */
  public static final String FILE = "rlhf.json";

  private static final String HEAD = "score.weight";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** Keeps copies; a file of another kind may lack probes and versions, an older one the format. */
  public Manifest {
    probes = probes == null ? List.of() : List.copyOf(probes);
    versions = versions == null ? Map.of() : new TreeMap<>(versions);
    precision = precision == null ? Precision.FP32 : precision;
  }

  /**
   * Describes a reward model that was just trained.
   *
   * @param model the model
   * @param base the name of the model that it was trained from
   * @param evaluation its held-out evaluation, if any
   * @param scores the scores of good completions
   * @return the manifest
   */
  static Manifest of(
      ScalarModel model, String base, Optional<RewardEvaluation> evaluation, double[] scores) {
    double mean = 0;
    double square = 0;
    for (double score : scores) {
      mean += score / scores.length;
    }
    for (double score : scores) {
      square += (score - mean) * (score - mean) / scores.length;
    }
    return new Manifest(
        REWARD_MODEL,
        base,
        model.tokenizer().hash(),
        headHash(model),
        Probe.scored(model),
        evaluation.map(RewardEvaluation::accuracy).orElse(null),
        evaluation.map(RewardEvaluation::pairs).orElse(0),
        mean,
        Math.sqrt(square),
        model.lengthSlope(),
        currentVersions(),
        model.precision());
  }

  /**
   * The same of a model whose weights were rounded since.
   *
   * @param model the model as it is now
   * @return the manifest with its probes' scores and its head
   */
  public Manifest rescored(ScalarModel model) {
    model.debiasLength(lengthSlope);
    return new Manifest(
        kind,
        base,
        tokenizerHash,
        headHash(model),
        Probe.scored(model),
        accuracy,
        pairs,
        scoreMean,
        scoreDeviation,
        lengthSlope,
        versions,
        model.precision());
  }

  private static Map<String, String> currentVersions() {
    Map<String, String> versions = new TreeMap<>();
    versions.put("djl", Engine.getDjlVersion());
    versions.put("pytorch", Engine.getEngine("PyTorch").getVersion());
    String own = Manifest.class.getPackage().getImplementationVersion();
    versions.put("rlhf4j", own == null ? "unpackaged" : own);
    return versions;
  }

  private static String headHash(ScalarModel model) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (Parameters head = model.head()) {
        digest.update(head.read(0));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads the manifest of a model.
   *
   * @param model a model folder, or a run directory, which counts as its {@code model/}
   * @return the manifest, or nothing where there is none: such a model is as good
   * @throws UserException when the file is damaged
   */
  public static Optional<Manifest> read(Path model) {
    Path file = ModelConfig.folderOf(model).resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      Manifest manifest = JSON.readValue(file.toFile(), Manifest.class);
      manifest.requireProbes(file);
      return Optional.of(manifest);
    } catch (JacksonException e) {
      throw new UserException(
          file
              + ": not a manifest ("
              + e.getOriginalMessage()
              + "); delete the file to use the model without it",
          e);
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e.getMessage() + ")", e);
    }
  }

  /** A probe without a text or a score would pass any check. */
  private void requireProbes(Path file) {
    boolean sound = probes != null && !probes.isEmpty() && tokenizerHash != null;
    for (int i = 0; sound && i < probes.size(); i++) {
      Probe probe = probes.get(i);
      sound =
          probe != null
              && probe.prompt() != null
              && probe.completion() != null
              && Double.isFinite(probe.score());
    }
    if (!sound) {
      throw new UserException(
          file
              + ": not a manifest (it needs probes, each with a prompt, a completion and a finite"
              + " score); delete the file to use the model without it");
    }
  }

  /**
   * Writes the manifest.
   *
   * @param folder the model's folder
   * @throws IOException when it can't be written
   */
  public void write(Path folder) throws IOException {
    Files.writeString(folder.resolve(FILE), JSON.writeValueAsString(this) + "\n");
  }

  /**
   * Loads a reward model and re-scores its probes, where it has a manifest.
   *
   * @param folder a sequence classifier with one label, or a run directory
   * @return the model, frozen
   * @throws UserException where it can't be read, or gives a probe another score
   */
  public static ScalarModel loadVerified(Path folder) {
    return loadVerified(folder, Precision.FP32);
  }

  /**
   * Loads a reward model and re-scores its probes, where it has a manifest.
   *
   * @param folder as for {@link #loadVerified(Path)}
   * @param precision the number format that it computes in
   * @return the model, frozen
   */
  public static ScalarModel loadVerified(Path folder, Precision precision) {
    return verified(folder, ScalarModel.load(folder, precision));
  }

  /**
   * Loads a reward model beside a language model, see {@link ScalarModel#load(Path,
   * LanguageModel)}, and re-scores its probes.
   *
   * @param folder as for {@link #loadVerified(Path)}
   * @param beside a language model that may have the same base
   * @return the model, frozen
   */
  public static ScalarModel loadVerified(Path folder, LanguageModel beside) {
    return verified(folder, ScalarModel.load(folder, beside));
  }

  private static ScalarModel verified(Path folder, ScalarModel model) {
    try {
      Optional<Manifest> manifest = read(folder);
      if (manifest.isPresent()) {
        model.debiasLength(manifest.get().lengthSlope());
        manifest.get().verifyProbes(model);
      }
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Scores the probes again.
   *
   * @param model the model that this manifest stands beside
   * @throws UserException that names the first probe whose score differs by more than 1e-4, or 0.1
   *     where either score was computed in bf16 (of the score, where that is above 1), and why it
   *     may
   */
  public void verifyProbes(ScalarModel model) {
    double tolerance = Math.max(model.precision().scoreTolerance(), precision.scoreTolerance());
    for (int i = 0; i < probes.size(); i++) {
      Probe probe = probes.get(i);
      double score = probe.rescored(model).map(Probe::score).orElse(Double.NaN);
      if (!(Math.abs(score - probe.score()) <= tolerance * Math.max(1, Math.abs(probe.score())))) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "the reward model scores its probe %d (\"%s\") %.5f, and %s says %.5f: %s",
                i + 1,
                (probe.prompt() + probe.completion()).strip().replaceAll("\\s+", " "),
                score,
                FILE,
                probe.score(),
                likelyCause(model)));
      }
    }
  }

  private String likelyCause(ScalarModel model) {
    if (!model.tokenizer().hash().equals(tokenizerHash)) {
      return "its tokenizer.json isn't the one that it was trained with";
    }
    if (!headHash(model).equals(headHash)) {
      return "its "
          + HEAD
          + " isn't the one that was trained; delete "
          + FILE
          + " if that is meant";
    }
    return "its weights or config.json changed after training; delete "
        + FILE
        + " if that is meant";
  }
}
