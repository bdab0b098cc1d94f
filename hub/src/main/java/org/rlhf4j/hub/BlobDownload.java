package org.rlhf4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.settings.UserException;

/**
 * Brings one blob into the cache:
 *
 * <ol>
 *   <li>Keep others from it; done where one of them brought it meanwhile.
 *   <li>Go on where an interrupted download stopped, over as many connections as it takes.
 *   <li>Compare size and hash; once, start anew where they differ.
 *   <li>Put it in its place.
 * </ol>
 */
final class BlobDownload {

  private static final int BUFFER = 1 << 16;
  private static final int PARTIAL_CONTENT = 206;

  private final HubRepo repo;
  private final RemoteFile file;
  private final HubCache cache;
  private final HubClient client;
  private final TransferProgress progress;

  BlobDownload(
      HubRepo repo, RemoteFile file, HubCache cache, HubClient client, TransferProgress progress) {
    this.repo = repo;
    this.file = file;
    this.cache = cache;
    this.client = client;
    this.progress = progress;
  }

  /** Brings it. */
  void run() throws IOException {
    Runnable waiting = () -> progress.note(file.name() + ": waiting for another download of it");
    try (BlobLock lock = BlobLock.take(cache.lock(repo, file), waiting)) {
      if (cache.hasBlob(repo, file)) {
        progress.received(file.size());
        return;
      }
      Path path = cache.partial(repo, file);
      try (PartialBlob partial = PartialBlob.open(path, file)) {
        progress.received(partial.length());
        fill(partial);
        partial.sync();
      } catch (WrongContent e) {
        Files.delete(path);
        throw new UserException(e.getMessage(), e);
      }
      HubCache.replace(path, cache.blob(repo, file));
    }
  }

  /** Content that isn't what the hub described. */
  private static final class WrongContent extends IOException {
    private static final long serialVersionUID = 1L;

    WrongContent(String oneLine) {
      super(oneLine);
    }
  }

  private void fill(PartialBlob partial) throws IOException {
    receive(partial);
    if (partial.hash().equals(file.hash())) {
      return;
    }
    progress.note(file.name() + ": the content isn't what the hub describes; downloading it again");
    restart(partial);
    receive(partial);
    String hash = partial.hash();
    if (!hash.equals(file.hash())) {
      throw new WrongContent(
          ("%s: %s arrived twice with the hash %s, but the hub says %s; try later, or look for a"
                  + " proxy that changes the content")
              .formatted(repo, file.name(), hash, file.hash()));
    }
  }

  /**
   * Reads until the size is reached; only what is further than ever before counts as getting on.
   */
  private void receive(PartialBlob partial) throws IOException {
    Attempts attempts = client.attempts(repo + " " + file.name());
    long furthest = partial.length();
    while (partial.length() < file.size()) {
      try {
        receiveOnce(partial);
      } catch (PassingFailure e) {
        if (partial.length() >= furthest + StallGuard.LEAST) {
          furthest = partial.length();
          attempts.gotOn();
        }
        attempts.waitAfter(e);
      }
    }
  }

  private void receiveOnce(PartialBlob partial) throws IOException {
    HttpResponse<InputStream> response = client.content(repo, file.name(), partial.length());
    try (InputStream body = response.body();
        StallGuard guard = client.guard(body)) {
      if (partial.length() > 0 && !continues(response, partial.length())) {
        restart(partial);
      }
      byte[] buffer = new byte[BUFFER];
      while (partial.length() < file.size()) {
        int count = read(body, buffer, file.size() - partial.length());
        guard.received(count);
        partial.append(buffer, count);
        progress.received(count);
      }
    }
  }

  private static boolean continues(HttpResponse<?> response, long from) {
    return response.statusCode() == PARTIAL_CONTENT
        && response
            .headers()
            .firstValue("content-range")
            .filter(range -> range.startsWith("bytes " + from + "-"))
            .isPresent();
  }

  private int read(InputStream body, byte[] buffer, long most) throws PassingFailure {
    try {
      int count = body.read(buffer, 0, (int) Math.min(buffer.length, most));
      if (count < 0) {
        throw new IOException("it ended early");
      }
      return count;
    } catch (IOException e) {
      throw client.cut(repo, file.name(), e);
    }
  }

  private void restart(PartialBlob partial) throws IOException {
    progress.received(-partial.length());
    partial.restart();
  }
}
