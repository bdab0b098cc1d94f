package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.rlhf4j.settings.UserException;

/**
 * Tries a {@code tokenizer.json} in a Java process of its own. The native tokenizer ends the whole
 * process, and with it a run, on some files that can be read and not be used: what ends here is the
 * trial alone.
 *
 * <p>A file is tried once in a process, and only if {@link TokenizerParts} finds parts in it beyond
 * those of the common byte-level tokenizers, which are known to be safe.
 */
final class TokenizerTrial {

  private static final int SECONDS = 60;

  /** Java's own exit code of an exception, or if it can't start with this class path. */
  private static final int EXCEPTION = 1;

  /** How much of what the process writes is kept: its first lines say what happened. */
  private static final int KEPT = 8192;

  /** Some ids from each end of the vocabulary are decoded. */
  private static final int IDS = 512;

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "  two  spaces ",
          "Hello, world! It's 12345.67 o'clock\n\tand\r\n done.",
          IntStream.range(0, 256)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString(),
          "Stra\u00dfe na\u00efve e\u0301 \u00bd \ufb01 \u0130\u0131 \u1e9e",
          "\u65e5\u672c\u8a9e\u3001\ud55c\uad6d\uc5b4 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e9\u05dc\u05d5\u05dd",
          "\ud83d\ude42\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67 \ufffd\ufeff\u200b\u2028\u00ad",
          "\u2581x \u0120x \u010ay ## </s> <0x0A> [UNK]",
          "a".repeat(300));

  private static final Set<String> PASSED = ConcurrentHashMap.newKeySet();

  private TokenizerTrial() {}

  /**
   * Makes sure that a tokenizer can be used.
   *
   * @param file where it comes from, for messages
   * @param bytes its JSON
   * @param json the same, read
   * @param hash of the bytes
   * @throws UserException if the native tokenizer fails on it
   */
  static void require(Path file, byte[] bytes, JsonNode json, String hash) {
    if (TokenizerParts.areCommon(json) || !PASSED.add(hash)) {
      return;
    }
    try {
      String failure = failure(bytes);
      if (failure != null) {
        throw new UserException(
            file + ": the tokenizer can't be used (" + failure + "); save it again");
      }
    } catch (IOException e) {
      throw new UserException(
          file
              + ": the tokenizer can't be tried, since no Java process starts ("
              + e.getMessage()
              + "); check the memory and the number of processes that are allowed",
          e);
    } catch (UserException e) {
      PASSED.remove(hash);
      throw e;
    }
  }

  /** What the process says of the tokenizer; null if nothing is wrong. */
  private static String failure(byte[] bytes) throws IOException {
    Process process = new ProcessBuilder(command()).redirectErrorStream(true).start();
    try {
      Thread writer = new Thread(() -> write(bytes, process.getOutputStream()), "tokenizer-trial");
      writer.setDaemon(true);
      writer.start();
      byte[][] said = new byte[1][0];
      Thread reader = new Thread(() -> said[0] = read(process.getInputStream()), "tokenizer-said");
      reader.setDaemon(true);
      reader.start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        return "it takes longer than " + SECONDS + " s with a few short texts";
      }
      reader.join();
      // What fails with an exception fails so here too, with its own message.
      return process.exitValue() <= EXCEPTION
          ? null
          : reason(new String(said[0], StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-XX:+SuppressFatalErrorMessage"); // no report file where the command was started
    for (String name :
        List.of(
            "ai.djl.offline", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR", "user.home", "java.io.tmpdir")) {
      String value = System.getProperty(name);
      if (value != null) {
        command.add("-D" + name + "=" + value);
      }
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(TokenizerTrial.class.getName());
    return command;
  }

  private static void write(byte[] bytes, OutputStream to) {
    try (to) {
      to.write(bytes);
    } catch (IOException e) {
      // The process ended before it read everything: its exit code says why.
      return;
    }
  }

  /** Reads to the end, so that the process never waits, and keeps the beginning. */
  private static byte[] read(InputStream from) {
    try (from) {
      byte[] first = from.readNBytes(KEPT);
      from.transferTo(OutputStream.nullOutputStream());
      return first;
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** The sentence of a panic, which follows the line with its place; else the last line. */
  private static String reason(String said) {
    List<String> lines = said.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    for (int i = 0; i + 1 < lines.size(); i++) {
      if (lines.get(i).contains("panicked at")) {
        return "the native tokenizer says: " + lines.get(i + 1);
      }
    }
    return lines.isEmpty() ? "the native tokenizer ended its process" : lines.get(lines.size() - 1);
  }

  /**
   * Uses the tokenizer that standard input holds, in each way that a run does.
   *
   * @param arguments none
   * @throws IOException if standard input can't be read
   */
  public static void main(String[] arguments) throws IOException {
    byte[] bytes = System.in.readAllBytes();
    use(bytes, new ObjectMapper().readTree(bytes));
  }

  private static void use(byte[] bytes, JsonNode json) {
    Path name = Path.of("tokenizer.json");
    List<String> texts = new ArrayList<>(TEXTS);
    json.path("added_tokens")
        .forEach(token -> texts.add("a " + token.path("content").asText() + " b"));
    try (NativeTokenizer tokenizer = NativeTokenizer.open(name, bytes)) {
      for (String text : texts) {
        int[] ids = tokenizer.encode(text, true);
        tokenizer.encode(text, false);
        tokenizer.decode(ids, true);
        tokenizer.decode(ids, false);
      }
      int size = Tokenizer.vocabularySize(json);
      IntStream.concat(
              IntStream.range(0, Math.min(IDS, size)),
              IntStream.range(Math.max(0, size - IDS), size))
          .forEach(id -> tokenizer.decode(new int[] {id}, false));
    }
  }
}
