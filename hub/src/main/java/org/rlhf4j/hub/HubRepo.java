package org.rlhf4j.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository of the hub at a revision.
 *
 * @param kind what it holds
 * @param id {@code org/name}
 * @param revision a branch, a tag or a commit
 */
public record HubRepo(Kind kind, String id, String revision) {

  /** What a repository holds. */
  public enum Kind {
    /** A model. */
    MODEL("models"),
    /** Data files. */
    DATASET("datasets");

    private final String plural;

    Kind(String plural) {
      this.plural = plural;
    }
  }

  static final String DEFAULT_REVISION = "main";

  private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}";
  private static final String REVISION = "[A-Za-z0-9_][A-Za-z0-9_./+-]*";
  private static final Pattern ID =
      Pattern.compile("(%s/%s)(?:@(%s))?".formatted(NAME, NAME, REVISION));
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SNAPSHOT =
      Pattern.compile(".*[/\\\\]models--(.+?)--(.+?)[/\\\\]snapshots[/\\\\]([0-9a-f]{40})");

  /**
   * Reads a model's id.
   *
   * @param text such as {@code org/name} or {@code org/name@revision}
   * @return the repository, or nothing where the text can't be an id: a path of one or of three
   *     segments, one that begins with a dot
   */
  public static Optional<HubRepo> model(String text) {
    return of(Kind.MODEL, text);
  }

  static Optional<HubRepo> of(Kind kind, String text) {
    Matcher id = ID.matcher(text);
    if (!id.matches() || text.contains("..") || id.group(1).contains("--")) {
      return Optional.empty();
    }
    String revision = id.group(2) == null ? DEFAULT_REVISION : id.group(2);
    return Optional.of(new HubRepo(kind, id.group(1), revision));
  }

  /**
   * What a model's folder is called: a snapshot's {@code org/name@commit}, another's file name.
   *
   * @param folder a model folder
   */
  public static String nameOf(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    Matcher snapshot = SNAPSHOT.matcher(whole.toString());
    return snapshot.matches()
        ? snapshot.group(1) + "/" + snapshot.group(2) + "@" + snapshot.group(3)
        : String.valueOf(whole.getFileName());
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  HubRepo at(String commit) {
    return new HubRepo(kind, id, commit);
  }

  /** Its folder's name in the cache: {@code models--org--name}. */
  String folderName() {
    return kind.plural + "--" + id.replace("/", "--");
  }

  /** Where the hub lists it. */
  URI listing(URI endpoint) {
    return URI.create(
        "%s/api/%s/%s/revision/%s?blobs=true"
            .formatted(endpoint, kind.plural, id, encoded(revision)));
  }

  /** Where the hub shows it to people. */
  URI page(URI endpoint) {
    return URI.create(endpoint + "/" + prefix() + id);
  }

  /** Where the hub has one of its files. */
  URI file(URI endpoint, String name) {
    try {
      String path = new URI(null, null, "/" + name, null).toASCIIString();
      return URI.create(page(endpoint) + "/resolve/" + encoded(revision) + path);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  private String prefix() {
    return kind == Kind.MODEL ? "" : kind.plural + "/";
  }

  private static String encoded(String revision) {
    return URLEncoder.encode(revision, StandardCharsets.UTF_8);
  }

  /** As a user writes it. */
  @Override
  public String toString() {
    String named = kind == Kind.MODEL ? id : "hf://datasets/" + id;
    return revision.equals(DEFAULT_REVISION) ? named : named + "@" + revision;
  }
}
