package org.rlhf4j.hub;

import java.util.List;
import java.util.Optional;

/**
 * What a repository holds at a commit.
 *
 * @param commit 40 hexadecimal digits
 * @param files in the hub's order
 */
record Listing(String commit, List<RemoteFile> files) {

  Listing {
    if (!HubRepo.isCommit(commit)) {
      throw new IllegalArgumentException("commit '" + commit + "'");
    }
    files = List.copyOf(files);
  }

  Optional<RemoteFile> file(String name) {
    return files.stream().filter(file -> file.name().equals(name)).findFirst();
  }

  boolean has(String name) {
    return file(name).isPresent();
  }
}
