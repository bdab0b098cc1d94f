package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.family.Family;

/**
 * The table of {@code docs/models.md} holds. Each run writes it anew to {@code target/models.md},
 * with bounds of at least twice what was measured, so that they hold on other processors too.
 */
class ModelsDocumentTest {
  private static final Path DOCUMENT = Path.of("../docs/models.md");

  /** A line of the table: a checkpoint and how far it is from transformers. */
  private record Line(
      String modelType,
      String checkpoint,
      double logprobs,
      boolean greedy,
      double gradients,
      boolean roundTrip) {

    String text() {
      return String.format(
          Locale.ROOT,
          "| `%s` | `%s` | %.0e | %s | %.0e | %s |",
          modelType,
          checkpoint,
          bound(logprobs),
          greedy ? "equal" : "differ",
          bound(gradients),
          roundTrip ? "equal" : "differs");
    }

    /** 1, 2 or 5 times a power of ten, at least twice the number. */
    private static double bound(double measured) {
      double power = Math.pow(10, Math.floor(Math.log10(2 * measured)));
      double leading = 2 * measured / power;
      return power * (leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10);
    }

    static Line parse(String text) {
      String[] cells = text.replaceAll("[|`]", " ").trim().split("\\s+");
      return new Line(
          cells[0],
          cells[1],
          Double.parseDouble(cells[2]),
          cells[3].equals("equal"),
          Double.parseDouble(cells[4]),
          cells[5].equals("equal"));
    }
  }

  @TempDir private Path temp;

  @Test
  void theTableHoldsForEveryFamily() throws IOException {
    List<Line> measured = new ArrayList<>();
    for (String modelType : new TreeSet<>(Family.ALL.keySet())) {
      assertThat(Checkpoints.of(modelType)).as("checkpoints of " + modelType).isNotEmpty();
      for (String name : Checkpoints.of(modelType)) {
        measured.add(measure(modelType, name));
      }
    }
    Files.write(Path.of("target/models.md"), measured.stream().map(Line::text).toList());

    List<Line> documented =
        Files.readAllLines(DOCUMENT).stream()
            .filter(text -> text.startsWith("| `"))
            .map(Line::parse)
            .toList();
    assertThat(documented).hasSameSizeAs(measured);
    for (int i = 0; i < measured.size(); i++) {
      Line now = measured.get(i);
      Line said = documented.get(i);
      assertThat(said.checkpoint).isEqualTo(now.checkpoint);
      assertThat(said.modelType).isEqualTo(now.modelType);
      assertThat(now.logprobs).as(now.checkpoint).isLessThanOrEqualTo(said.logprobs);
      assertThat(now.gradients).as(now.checkpoint).isLessThanOrEqualTo(said.gradients);
      assertThat(said.logprobs).isLessThanOrEqualTo(1e-4);
      assertThat(said.gradients).isLessThanOrEqualTo(1e-3);
      assertThat(now.greedy && said.greedy).as(now.checkpoint + ", greedy").isTrue();
      assertThat(now.roundTrip && said.roundTrip).as(now.checkpoint + ", round trip").isTrue();
    }
  }

  private Line measure(String modelType, String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode loss = fixture.expected().get("loss");
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(loss.get("rows")));
      float[] gradients = new float[tokens.predicted()];
      Arrays.fill(gradients, -1f / loss.get("tokens").intValue());
      model.accumulate(tokens, 1, gradients);
      return new Line(
          modelType,
          name,
          Agreement.ofLogprobs(model, fixture),
          Agreement.ofGreedy(model, fixture),
          Agreement.ofGradients(model, fixture),
          isWhatTransformersHasRead(name));
    }
  }

  /**
   * Whether we write the bytes that transformers has loaded to equal log-probabilities and scores;
   * {@code bench/reference/check_families.py} has recorded them.
   */
  private boolean isWhatTransformersHasRead(String name) throws IOException {
    Path record = Checkpoints.FIXTURES.resolve("round-trip.json");
    JsonNode read = new ObjectMapper().readTree(record.toFile()).path("checkpoints").path(name);
    Checkpoints.write(name, temp.resolve(name));
    boolean same = true;
    for (String kind : List.of("causal", "reward")) {
      same &= read.path(kind).path("difference").asDouble(1) <= 1e-4;
      for (String file : List.of("config.json", "model.safetensors")) {
        String hash = sha256(temp.resolve(name).resolve(kind).resolve(file));
        same &= hash.equals(read.path(kind).path(file).asText());
      }
    }
    return same;
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
