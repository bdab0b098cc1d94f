package org.rlhf4j.hub;

import java.util.regex.Pattern;

/**
 * A file as the hub describes it.
 *
 * @param name its path in the repository
 * @param size bytes
 * @param hash the SHA-256 of its content, of a file that git keeps the id of its blob (SHA-1); the
 *     cache calls its blob so
 */
public record RemoteFile(String name, long size, String hash) {

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  /** Refuses what couldn't name a blob. */
  public RemoteFile {
    if (size < 0 || !HASH.matcher(hash).matches()) {
      throw new IllegalArgumentException(name + ": size " + size + ", hash '" + hash + "'");
    }
  }

  boolean hasSha256() {
    return hash.length() == 64;
  }
}
