package org.rlhf4j.model;

import java.util.List;

/** Short texts of many kinds, on which two tokenizers show whether they are one. */
final class TextZoo {
  static final List<String> TEXTS =
      List.of(
          "The quick brown fox jumps over the lazy dog.",
          "two  spaces   and    more",
          "tabs\tand\nlines\n\nand\r\nothers\n",
          "3.14159, 1,000,000 and 2026-11-30; 7% of 12345678",
          "don't can't I'll we've they'RE",
          "def f(x):\n    return x ** 2  # square\n",
          "CamelCase snake_case ALLCAPS mixedUP",
          "https://example.com/a?b=1&c=2#d",
          "na\u00efve caf\u00e9 \u00fcber \u00df \u0142\u00f3d\u017a",
          "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
          "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3002\u4e2d\u6587\u53e5\u5b50",
          "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u0928\u092e\u0938\u094d\u0924\u0947",
          "\ud83d\ude42 \ud83d\udc4d\ud83c\udffd \ud83c\uddeb\ud83c\uddf7",
          "$5.00 (50%)! \u2026 \u2014 \u00ab\u201equotes\u201c\u00bb",
          "a",
          "x=1;y=[2,3];{\"k\":null}");

  private TextZoo() {}
}
