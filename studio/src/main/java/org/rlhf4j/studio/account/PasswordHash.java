package org.rlhf4j.studio.account;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * What is kept of a password: PBKDF2 with HMAC-SHA-256 (RFC 8018), written as {@code
 * pbkdf2-sha256$rounds$salt$key}, salt and key in Base64.
 */
final class PasswordHash {

  static final int ROUNDS = 600_000;

  private static final String NAME = "pbkdf2-sha256";
  private static final int SALT_BYTES = 16;
  private static final int KEY_BYTES = 32;

  private PasswordHash() {}

  /** What is kept of a password, with a salt of its own. */
  static String of(char[] password, int rounds) {
    byte[] salt = random(SALT_BYTES);
    return written(rounds, salt, derive(password, salt, rounds, KEY_BYTES));
  }

  private static byte[] random(int count) {
    byte[] bytes = new byte[count];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  private static String written(int rounds, byte[] salt, byte[] key) {
    Base64.Encoder base64 = Base64.getEncoder();
    return String.join(
        "$", NAME, String.valueOf(rounds), base64.encodeToString(salt), base64.encodeToString(key));
  }

  /** Which no password matches, and which takes as long to be compared with. */
  static String ofNobody(int rounds) {
    return written(rounds, random(SALT_BYTES), random(KEY_BYTES));
  }

  /** Whether a password is the one of which this is kept. */
  static boolean matches(String kept, char[] password) {
    String[] parts = kept.split("[$]");
    if (parts.length != 4 || !parts[0].equals(NAME)) {
      throw new IllegalStateException("not the hash of a password");
    }
    byte[] key = Base64.getDecoder().decode(parts[3]);
    byte[] salt = Base64.getDecoder().decode(parts[2]);
    int rounds = Integer.parseInt(parts[1]);
    return MessageDigest.isEqual(key, derive(password, salt, rounds, key.length));
  }

  static byte[] derive(char[] password, byte[] salt, int rounds, int bytes) {
    PBEKeySpec spec = new PBEKeySpec(password, salt, rounds, 8 * bytes);
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } finally {
      spec.clearPassword();
    }
  }
}
