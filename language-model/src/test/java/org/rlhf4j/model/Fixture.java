package org.rlhf4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A checkpoint with the numbers that transformers computes from it; see bench/reference. */
public record Fixture(Path folder, JsonNode expected) {
  public static Fixture of(String name) throws IOException {
    Path folder = Path.of("src/test/resources/fixtures", name);
    return new Fixture(
        folder, new ObjectMapper().readTree(folder.resolve("expected.json").toFile()));
  }

  public static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  public static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).floatValue();
    }
    return values;
  }

  /** Rows of prompt and completion as trees. */
  public static List<TokenTree> rows(JsonNode rows) {
    List<TokenTree> trees = new ArrayList<>();
    rows.forEach(
        row ->
            trees.add(
                new TokenTree(ints(row.get("prompt")), List.of(ints(row.get("completion"))))));
    return trees;
  }
}
