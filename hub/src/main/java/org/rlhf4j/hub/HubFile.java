package org.rlhf4j.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UsageException;

/**
 * One file of a data set on the hub.
 *
 * @param repo the data set
 * @param name the file's path in it
 */
public record HubFile(HubRepo repo, String name) {

  /** A Path keeps one of the two slashes. */
  private static final Pattern ADDRESS =
      Pattern.compile("hf:/+datasets/([^/@]+/[^/@]+)(?:@([^/]+))?/(.+)");

  private static final Pattern NAME_AT_REVISION = Pattern.compile("([^@]+)@([^@]+)");

  /**
   * Reads an address.
   *
   * @param text such as {@code hf://datasets/org/name/path}, with {@code @revision} after the name
   *     ({@code %2F} for a slash in it) or after the path
   * @return the file, or nothing where the text doesn't begin with {@code hf:}
   * @throws UsageException where it does, and goes on otherwise
   */
  public static Optional<HubFile> parse(String text) {
    if (!text.startsWith("hf:")) {
      return Optional.empty();
    }
    Matcher address = ADDRESS.matcher(text);
    if (!address.matches()) {
      throw wrong(text);
    }
    String name = address.group(3);
    String revision = address.group(2);
    Matcher trailing = NAME_AT_REVISION.matcher(name);
    if (revision == null && trailing.matches()) {
      name = trailing.group(1);
      revision = trailing.group(2);
    }
    String id = address.group(1);
    String repo = revision == null ? id : id + "@" + revision.replace("%2F", "/");
    if (("/" + name + "/").matches(".*/(\\.{0,2})/.*") || name.contains("\\")) {
      throw wrong(text);
    }
    String file = name;
    return Optional.of(
        HubRepo.of(HubRepo.Kind.DATASET, repo)
            .map(found -> new HubFile(found, file))
            .orElseThrow(() -> wrong(text)));
  }

  private static UsageException wrong(String text) {
    return new UsageException(
        text + ": expected hf://datasets/ORG/NAME/PATH; @REVISION may follow the name or the path");
  }

  /** As a user writes it. */
  @Override
  public String toString() {
    return repo + "/" + name;
  }
}
