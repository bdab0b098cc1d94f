package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.StreamSupport;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.PromptRow;

/**
 * An item before it is in a project.
 *
 * @param kind what is asked
 * @param prompt a text, or a list of messages
 * @param completions a list; each a text, or a list of messages
 * @param labelled whether their order is best first
 * @param source where it comes from
 */
public record NewItem(
    ItemKind kind, JsonNode prompt, ArrayNode completions, boolean labelled, String source) {

  /**
   * A pair or a ranking whose order isn't known to mean anything.
   *
   * @param row what is to be judged
   * @param source where it comes from
   */
  public static NewItem unlabelled(Comparison row, String source) {
    NewItem item = RowItems.of(row, false).orElseThrow();
    return new NewItem(item.kind(), item.prompt(), item.completions(), false, source);
  }

  /**
   * Sampled completions of a prompt: a pair, or a ranking of more.
   *
   * @param row the prompt
   * @param completions what was sampled
   * @param source from what
   */
  public static NewItem sampled(PromptRow row, ArrayNode completions, String source) {
    ItemKind kind = completions.size() == 2 ? ItemKind.COMPARE : ItemKind.RANK;
    JsonNode prompt = RowItems.of(row, false).orElseThrow().prompt();
    return new NewItem(kind, prompt, completions, false, source);
  }

  /** The same for equal texts, in whatever order the completions are. */
  String digest() {
    List<String> sorted =
        StreamSupport.stream(completions.spliterator(), false)
            .map(JsonNode::toString)
            .sorted()
            .toList();
    return sha256(kind + "\n" + prompt + "\n" + sorted);
  }

  /** The SHA-256 of a text, in hexadecimal digits. */
  static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From 0 up to 1, and as good as random: the first 52 bits of a digest. */
  public static double randomPlace(String digest) {
    return Long.parseLong(digest.substring(0, 13), 16) / (double) (1L << 52);
  }

  /** Whether all completions are the same text, so that nothing can be said about them. */
  boolean isIdentical() {
    return kind != ItemKind.WRITE
        && StreamSupport.stream(completions.spliterator(), false).distinct().count() < 2;
  }
}
