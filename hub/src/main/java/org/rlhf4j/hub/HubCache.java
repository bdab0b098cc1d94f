package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;

/**
 * The cache's layout, that of huggingface_hub: content once under its hash, a snapshot of links for
 * each commit, a file for each branch or tag that names its commit.
 *
 * <pre>
 * models--org--name/blobs/HASH
 *                   snapshots/COMMIT/config.json -> ../../blobs/HASH
 *                   refs/main                         COMMIT
 *                   .no_exist/COMMIT/chat_template.jinja      empty: the commit lacks the file
 *                   trees/COMMIT.json                         all of the commit's files
 * .locks/models--org--name/HASH.lock
 * </pre>
 *
 * <p>Whatever is put in place is complete: it is made under another name first.
 */
final class HubCache {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final boolean symlinks;

  HubCache(Path folder, boolean symlinks) {
    this.folder = folder;
    this.symlinks = symlinks;
  }

  private Path of(HubRepo repo) {
    return folder.resolve(repo.folderName());
  }

  /** The snapshot of a commit, whatever is in it. */
  Path snapshot(HubRepo repo, String commit) {
    return of(repo).resolve("snapshots").resolve(commit);
  }

  /** The commit that a repository's revision was when it was asked for last. */
  Optional<String> commit(HubRepo repo) {
    if (HubRepo.isCommit(repo.revision())) {
      return Optional.of(repo.revision());
    }
    Path ref = of(repo).resolve("refs").resolve(repo.revision());
    try {
      return Files.isRegularFile(ref)
          ? Optional.of(Files.readString(ref).strip()).filter(HubRepo::isCommit)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Remembers which commit a branch or a tag is. */
  void writeCommit(HubRepo repo, String commit) throws IOException {
    if (!repo.revision().equals(commit) && !commit(repo).equals(Optional.of(commit))) {
      Path ref = of(repo).resolve("refs").resolve(repo.revision());
      Files.createDirectories(ref.getParent());
      Path beside = beside(ref);
      Files.writeString(beside, commit);
      replace(beside, ref);
    }
  }

  Path blob(HubRepo repo, RemoteFile file) {
    return of(repo).resolve("blobs").resolve(file.hash());
  }

  /**
   * What an interrupted download leaves. The name is ours: huggingface_hub's locks aren't Java's.
   */
  Path partial(HubRepo repo, RemoteFile file) {
    return of(repo).resolve("blobs").resolve(file.hash() + ".rlhf.incomplete");
  }

  Path lock(HubRepo repo, RemoteFile file) {
    return folder.resolve(".locks").resolve(repo.folderName()).resolve(file.hash() + ".lock");
  }

  boolean hasBlob(HubRepo repo, RemoteFile file) {
    return isOfSize(blob(repo, file), file.size());
  }

  boolean inSnapshot(HubRepo repo, String commit, RemoteFile file) {
    return isOfSize(snapshot(repo, commit).resolve(file.name()), file.size());
  }

  private static boolean isOfSize(Path file, long size) {
    try {
      return Files.isRegularFile(file) && Files.size(file) == size;
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes a blob a file of a snapshot: a relative link or, where there can't be one, a copy. */
  void link(HubRepo repo, String commit, RemoteFile file) throws IOException {
    Path blob = blob(repo, file);
    Path pointer = snapshot(repo, commit).resolve(file.name());
    Files.createDirectories(pointer.getParent());
    Path beside = beside(pointer);
    if (symlinks && canLink(beside, pointer.getParent().relativize(blob))) {
      replace(beside, pointer);
    } else {
      Files.copy(blob, beside);
      replace(beside, pointer);
    }
  }

  private static boolean canLink(Path link, Path target) {
    try {
      Files.createSymbolicLink(link, target);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Whether a commit is known not to have a file. */
  boolean isAbsent(HubRepo repo, String commit, String name) {
    if (Files.exists(absence(repo, commit, name))) {
      return true;
    }
    Path tree = of(repo).resolve("trees").resolve(commit + ".json");
    if (!Files.isRegularFile(tree)) {
      return false;
    }
    try {
      JsonNode all = JSON.readTree(tree.toFile());
      return all.path("format_version").asInt() == 1
          && all.path("files").isObject()
          && !all.path("files").has(name);
    } catch (IOException e) {
      return false;
    }
  }

  /** Remembers that a commit doesn't have a file. */
  void writeAbsent(HubRepo repo, String commit, String name) throws IOException {
    Path absence = absence(repo, commit, name);
    if (!Files.exists(absence)) {
      Files.createDirectories(absence.getParent());
      Files.write(absence, new byte[0]);
    }
  }

  private Path absence(HubRepo repo, String commit, String name) {
    return of(repo).resolve(".no_exist").resolve(commit).resolve(name);
  }

  private static Path beside(Path file) {
    String unique = UUID.randomUUID().toString().substring(0, 8);
    return file.resolveSibling(file.getFileName() + "." + unique + ".tmp");
  }

  static void replace(Path made, Path file) throws IOException {
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
