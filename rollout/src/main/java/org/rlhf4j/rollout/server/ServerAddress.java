package org.rlhf4j.rollout.server;

import java.net.URI;
import java.net.URISyntaxException;
import org.rlhf4j.settings.UsageException;

/**
 * Where a rollout server is: nothing is ever sent to another host than this.
 *
 * @param uri http or https, a host, perhaps a port and a path; no slash at its end
 */
public record ServerAddress(URI uri) {

  /**
   * Reads an address; {@code /v1} at its end, as clients of the API have it, is left out.
   *
   * @throws UsageException where it is no address, or holds a password
   */
  public static ServerAddress parse(String text) {
    try {
      URI uri = new URI(text.replaceFirst("/+$", "").replaceFirst("/v1$", ""));
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (web && uri.getHost() != null && uri.getUserInfo() == null && isBare(uri)) {
        return new ServerAddress(uri);
      }
    } catch (URISyntaxException e) {
      throw refusal(e);
    }
    throw refusal(null);
  }

  private static boolean isBare(URI uri) {
    return uri.getRawQuery() == null && uri.getRawFragment() == null;
  }

  /** The text isn't repeated: it may hold a password. */
  private static UsageException refusal(Exception cause) {
    return new UsageException(
        "rollout-server must be addresses such as http://host:8000, without user, password and"
            + " query",
        cause);
  }

  /** The address of a call. */
  URI of(String path) {
    return URI.create(uri + path);
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
