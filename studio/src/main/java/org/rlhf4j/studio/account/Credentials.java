package org.rlhf4j.studio.account;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UsageException;

/** What names and passwords may be. */
final class Credentials {

  static final int LONGEST_NAME = 64;
  static final int SHORTEST = 10;
  static final int LONGEST = 200;

  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._@-]{0,63}");

  private Credentials() {}

  static String requireName(String name) {
    String plain = Normalizer.normalize(name, Normalizer.Form.NFKC).strip();
    if (!NAME.matcher(plain).matches()) {
      throw new UsageException(
          "name: this can't be one; take up to 64 letters, digits, spaces, dots, @, - and _");
    }
    return plain;
  }

  static void requirePassword(String name, char[] password) {
    if (password.length < SHORTEST || password.length > LONGEST) {
      throw new UsageException(
          "password: must have %s to %s characters".formatted(SHORTEST, LONGEST));
    }
    if (login(new String(password)).contains(login(name)) && name.length() > 3) {
      throw new UsageException("password: must not have the name in it");
    }
  }

  /** The same for names that look alike to those who type them. */
  static String login(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFKC).strip().toLowerCase(Locale.ROOT);
  }
}
