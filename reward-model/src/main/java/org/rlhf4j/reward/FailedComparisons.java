package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** {@code failed-batch.jsonl} of a stage that learns from comparisons. */
public final class FailedComparisons {

  private static final ObjectMapper JSON = new ObjectMapper();

  private FailedComparisons() {}

  /**
   * Writes the rows of a step that wasn't finite.
   *
   * @param file where to, one JSON object per row
   * @param rows comparisons, completions best first
   * @param tokenizer makes text of their ids
   * @throws IOException when it can't be written
   */
  public static void write(Path file, List<? extends TrainingRow> rows, Tokenizer tokenizer)
      throws IOException {
    List<String> lines = new ArrayList<>();
    for (TrainingRow row : rows) {
      ObjectNode line = JSON.createObjectNode();
      line.put("location", row.location().toString());
      line.put("prompt", tokenizer.decode(row.tree().prompt()));
      ArrayNode completions = line.putArray("completions");
      row.tree().completions().forEach(ids -> completions.add(tokenizer.decode(ids)));
      line.put("margin", row.margin());
      lines.add(line.toString());
    }
    Files.write(file, lines);
  }
}
