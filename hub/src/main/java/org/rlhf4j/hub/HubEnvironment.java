package org.rlhf4j.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * Where the hub and its cache are. The variables are huggingface_hub's.
 *
 * @param endpoint the hub's address, without a slash at its end ({@code HF_ENDPOINT})
 * @param cache the cache folder ({@code HF_HUB_CACHE}, else {@code hub} in {@code HF_HOME})
 * @param token what the hub knows the user by ({@code HF_TOKEN}, else the file that {@code hf auth
 *     login} writes)
 * @param offline whether only the cache may be used ({@code HF_HUB_OFFLINE})
 * @param symlinks whether a snapshot may link to its blobs ({@code HF_HUB_DISABLE_SYMLINKS} unset)
 */
public record HubEnvironment(
    URI endpoint, Path cache, Optional<String> token, boolean offline, boolean symlinks) {

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /** Where they are for this process. */
  public static HubEnvironment ofProcess() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Reads the variables.
   *
   * @param variables by name
   * @param userHome the user's home folder
   * @throws UsageException where one of them makes no sense
   */
  static HubEnvironment of(Map<String, String> variables, Path userHome) {
    Path caches = folder(variables, "XDG_CACHE_HOME", userHome).orElse(userHome.resolve(".cache"));
    Path home = folder(variables, "HF_HOME", userHome).orElse(caches.resolve("huggingface"));
    Path cache =
        folder(variables, "HF_HUB_CACHE", userHome)
            .or(() -> folder(variables, "HUGGINGFACE_HUB_CACHE", userHome))
            .orElse(home.resolve("hub"));
    Path tokenFile = folder(variables, "HF_TOKEN_PATH", userHome).orElse(home.resolve("token"));
    return new HubEnvironment(
        endpoint(variables),
        cache.toAbsolutePath().normalize(),
        token(variables, tokenFile),
        isTrue(variables, "HF_HUB_OFFLINE") || isTrue(variables, "TRANSFORMERS_OFFLINE"),
        !isTrue(variables, "HF_HUB_DISABLE_SYMLINKS"));
  }

  private static Optional<String> given(Map<String, String> variables, String name) {
    return Optional.ofNullable(variables.get(name))
        .map(String::strip)
        .filter(text -> !text.isEmpty());
  }

  private static boolean isTrue(Map<String, String> variables, String name) {
    return given(variables, name)
        .filter(v -> TRUE.contains(v.toUpperCase(Locale.ROOT)))
        .isPresent();
  }

  private static Optional<Path> folder(Map<String, String> variables, String name, Path userHome) {
    return given(variables, name)
        .map(text -> text.startsWith("~/") ? userHome.resolve(text.substring(2)) : Path.of(text));
  }

  private static URI endpoint(Map<String, String> variables) {
    String text = given(variables, "HF_ENDPOINT").orElse("https://huggingface.co");
    if (text.matches("https?://[^/]*_.*")) {
      throw new UsageException(
          "HF_ENDPOINT: a host's name can't have an underscore, as in '"
              + text
              + "'; use another name of the host, or its number");
    }
    if (!text.matches("https?://[\\w.-]+(:\\d{1,5})?(/[\\w./-]*)?")
        || URI.create(text).getHost() == null) {
      throw new UsageException(
          "HF_ENDPOINT: expected an address such as https://huggingface.co, not '" + text + "'");
    }
    return URI.create(text.replaceFirst("/+$", ""));
  }

  private static Optional<String> token(Map<String, String> variables, Path file) {
    Optional<String> token =
        given(variables, "HF_TOKEN").or(() -> given(variables, "HUGGING_FACE_HUB_TOKEN"));
    String source = token.isPresent() ? "HF_TOKEN" : file.toString();
    token = token.or(() -> read(file));
    if (token.filter(text -> !text.matches("[!-~]+")).isPresent()) {
      throw new UsageException(source + ": isn't a token; take one from the hub's settings page");
    }
    return token;
  }

  private static Optional<String> read(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e + "); check the file", e);
    }
  }

  /** The same without the token's text, which is nobody's to see. */
  @Override
  public String toString() {
    return endpoint + ", cache " + cache + (token.isPresent() ? ", with a token" : "");
  }
}
