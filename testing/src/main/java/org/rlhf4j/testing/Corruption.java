package org.rlhf4j.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Damages the bytes of a file, the same way for the same seed: bits flipped, parts lost, repeated
 * or exchanged, sizes and values replaced by those on which readers stumble. No other program's
 * corpus is needed, and a seed is all that has to be kept of an input that found a fault.
 */
public final class Corruption {

  /** The longest file that is made, so that a repeated part doesn't grow without end. */
  private static final int LONGEST = 1 << 22;

  private static final int MOST_EDITS = 4;

  /** A value of JSON or YAML, roughly: a text, a number, a word. */
  private static final Pattern VALUE =
      Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.){0,200}\"|-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?|\\w+");

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1",
          "2147483647",
          "2147483648",
          "-2147483648",
          "9223372036854775807",
          "9223372036854775808",
          "1000000000000",
          "1e400",
          "-1e400",
          "1e-400",
          "0.5",
          "NaN",
          "Infinity",
          "1".repeat(1100),
          "\"\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\u001b]0;x\\u0007\"",
          "\"../../../etc/passwd\"",
          "\"/\"",
          "\"%s%n\"",
          "\"1\"",
          "[]",
          "{}",
          "[[[]]]",
          "{\"a\":{}}",
          "[".repeat(1200),
          "{\"a\":".repeat(1200),
          "[0,0,0,0]");

  /** What is put somewhere into a text. */
  private static final List<String> PIECES =
      List.of(
          "\"",
          "'",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\n",
          "\r\n",
          "\t",
          "\u0000",
          "\ufeff",
          "\\",
          "\\u",
          "#",
          "&a ",
          "*a",
          "!!java.net.URL ",
          "<<: ",
          "- ",
          "? ",
          "{{",
          "}}",
          "{%",
          "%}",
          "{% endif %}",
          "{% for i in range(99999) %}",
          "{{ 'a' * 99999999 }}",
          "|tojson",
          "|indent(-1)",
          "[::-1]",
          " + ",
          " ~ ",
          "\u2028",
          "\ud83d\ude42");

  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    32767,
    65535,
    65536,
    0x7fff_ffffL,
    0x8000_0000L,
    0xffff_ffffL,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE - 7
  };

  private final SplittableRandom random;

  private Corruption(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /**
   * The damaged bytes.
   *
   * @param sound what is damaged, left as it is
   * @param seed which damage
   * @return other bytes, up to some megabytes; rarely the same, when one damage undoes another
   */
  public static byte[] of(byte[] sound, long seed) {
    Corruption corruption = new Corruption(seed);
    byte[] bytes = sound;
    boolean one = corruption.random.nextBoolean();
    int edits = one ? 1 : 1 + corruption.random.nextInt(MOST_EDITS);
    for (int i = 0; i < edits; i++) {
      bytes = corruption.edited(bytes);
    }
    return bytes;
  }

  private byte[] edited(byte[] bytes) {
    return switch (random.nextInt(12)) {
      case 0 -> withByte(bytes, b -> b ^ (1 << random.nextInt(8)));
      case 1 -> withByte(bytes, b -> random.nextInt(256));
      case 2 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      case 3 -> withoutPart(bytes);
      case 4 -> withPartAgain(bytes);
      case 5 -> withPartsExchanged(bytes);
      case 6 -> withInteger(bytes);
      case 7 -> withLineGoneOrTwice(bytes);
      case 8 -> inserted(bytes, random.nextInt(bytes.length + 1), pick(PIECES));
      default -> withOtherValue(bytes);
    };
  }

  private byte[] withByte(byte[] bytes, IntUnaryOperator change) {
    byte[] changed = bytes.clone();
    if (bytes.length > 0) {
      int at = random.nextInt(bytes.length);
      changed[at] = (byte) change.applyAsInt(changed[at]);
    }
    return changed;
  }

  /** A place, nearer to the beginning than a fair choice: there headers are. */
  private int place(int length) {
    int bound = random.nextBoolean() ? Math.min(length, 256) : length;
    return bound == 0 ? 0 : random.nextInt(bound);
  }

  private int length(int most) {
    return most <= 0 ? 0 : 1 + random.nextInt(random.nextBoolean() ? Math.min(most, 16) : most);
  }

  private byte[] withoutPart(byte[] bytes) {
    int from = place(bytes.length);
    int to = from + length(bytes.length - from);
    return spliced(bytes, from, to, new byte[0]);
  }

  private byte[] withPartAgain(byte[] bytes) {
    int from = place(bytes.length);
    int to = from + length(bytes.length - from);
    int times = random.nextInt(4) == 0 ? 1 + random.nextInt(5000) : 1;
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    for (int i = 0; i < times && again.size() < LONGEST; i++) {
      again.write(bytes, from, to - from);
    }
    return spliced(bytes, to, to, again.toByteArray());
  }

  private byte[] withPartsExchanged(byte[] bytes) {
    int from = place(bytes.length);
    byte[] part = Arrays.copyOfRange(bytes, from, from + length(bytes.length - from));
    byte[] rest = spliced(bytes, from, from + part.length, new byte[0]);
    int at = random.nextInt(rest.length + 1);
    return spliced(rest, at, at, part);
  }

  /**
   * An integer of two, four or eight bytes, the lowest first, where sizes stand in binary files.
   */
  private byte[] withInteger(byte[] bytes) {
    int size = 2 << random.nextInt(3);
    byte[] changed = bytes.clone();
    if (bytes.length >= size) {
      int at = Math.min(place(bytes.length), bytes.length - size);
      long value = INTEGERS[random.nextInt(INTEGERS.length)];
      byte[] written = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
      System.arraycopy(written, 0, changed, at, size);
    }
    return changed;
  }

  private byte[] withLineGoneOrTwice(byte[] bytes) {
    int at = place(bytes.length);
    int from = at;
    while (from > 0 && bytes[from - 1] != '\n') {
      from--;
    }
    int to = at;
    while (to < bytes.length && bytes[to] != '\n') {
      to++;
    }
    to = Math.min(bytes.length, to + 1);
    byte[] line = Arrays.copyOfRange(bytes, from, to);
    return random.nextBoolean()
        ? spliced(bytes, from, to, new byte[0])
        : spliced(bytes, to, to, line);
  }

  /** A value of a text becomes another one, or goes to where another one stands. */
  private byte[] withOtherValue(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    List<MatchResult> values = new ArrayList<>(VALUE.matcher(text).results().toList());
    if (values.isEmpty()) {
      return withInteger(bytes);
    }
    MatchResult old = values.get(random.nextInt(values.size()));
    String other =
        random.nextInt(3) == 0 ? values.get(random.nextInt(values.size())).group() : pick(VALUES);
    return spliced(bytes, old.start(), old.end(), other.getBytes(StandardCharsets.ISO_8859_1));
  }

  private byte[] inserted(byte[] bytes, int at, String piece) {
    return spliced(bytes, at, at, piece.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] instead) {
    if (bytes.length - (to - from) + instead.length > LONGEST + bytes.length) {
      return bytes;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream(bytes.length + instead.length);
    all.write(bytes, 0, from);
    all.writeBytes(instead);
    all.write(bytes, to, bytes.length - to);
    return all.toByteArray();
  }

  private String pick(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
