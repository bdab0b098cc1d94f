package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.rlhf4j.settings.UserException;

/**
 * Models and data files of the hub as local ones.
 *
 * <p>What the cache holds is taken without asking the hub: a branch stays the commit that it was
 * when the hub was asked last. It is asked where something is missing, and where the cache can't
 * tell whether a model lacks an optional file or nobody has asked for it yet.
 */
public final class Hub {

  private static final int CONNECTIONS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LAST_WRITES_SECONDS = 5;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HubEnvironment environment;
  private final TransferProgress progress;
  private final HubCache cache;
  private final HubClient client;

  /**
   * What a model would take.
   *
   * @param folder where it is, or nothing where it isn't complete
   * @param missing what would be downloaded
   */
  public record Plan(Optional<Path> folder, List<RemoteFile> missing) {

    /** Keeps a copy. */
    public Plan {
      missing = List.copyOf(missing);
    }

    /** How much would be downloaded. */
    public long bytes() {
      return missing.stream().mapToLong(RemoteFile::size).sum();
    }
  }

  /**
   * The hub as the environment has it. Nothing is asked or written yet.
   *
   * @param environment where it and its cache are
   * @param progress is told how downloads go on
   */
  public Hub(HubEnvironment environment, TransferProgress progress) {
    this(environment, progress, time -> Thread.sleep(time.toMillis()), PATIENCE);
  }

  Hub(
      HubEnvironment environment,
      TransferProgress progress,
      Attempts.Sleeper sleeper,
      Duration patience) {
    this.environment = environment;
    this.progress = progress;
    this.cache = new HubCache(environment.cache(), environment.symlinks());
    this.client = new HubClient(environment, sleeper, progress::note, patience);
  }

  /**
   * Makes a model local: its configuration, tokenizer and safetensors.
   *
   * @param repo the model
   * @return a model folder in the cache
   * @throws UserException where it is nowhere, can't be had, or has no safetensors
   */
  public Path model(HubRepo repo) {
    Optional<Path> cached = cachedModel(repo, true);
    if (cached.isPresent()) {
      return cached.get();
    }
    if (environment.offline()) {
      return cachedModel(repo, false).orElseThrow(() -> notCached(repo.toString()));
    }
    try {
      Listing listing = client.listing(repo);
      fetch(repo, listing, needed(repo, listing));
      return cache.snapshot(repo, listing.commit());
    } catch (UnreachableException e) {
      Path usable = cachedModel(repo, false).orElseThrow(() -> e);
      progress.note(e.getMessage() + "; using instead " + usable);
      return usable;
    }
  }

  /**
   * Makes a model's tokenizer local, without its weights.
   *
   * @param repo the model
   * @return a folder in the cache that has the tokenizer
   * @throws UserException where it is nowhere, can't be had, or has no tokenizer.json
   */
  public Path tokenizer(HubRepo repo) {
    Optional<Path> cached =
        cache
            .commit(repo)
            .map(commit -> cache.snapshot(repo, commit))
            .filter(folder -> Files.isRegularFile(folder.resolve(ModelFiles.TOKENIZER)));
    if (cached.isPresent()) {
      return cached.get();
    }
    if (environment.offline()) {
      throw notCached(repo.toString());
    }
    Listing listing = client.listing(repo);
    fetch(repo, listing, ModelFiles.tokenizer(repo, listing));
    return cache.snapshot(repo, listing.commit());
  }

  /**
   * Makes a data file local.
   *
   * @param file the file
   * @return the file in the cache, its name kept
   * @throws UserException where it is nowhere, or can't be had
   */
  public Path file(HubFile file) {
    Optional<Path> cached =
        cache
            .commit(file.repo())
            .map(commit -> cache.snapshot(file.repo(), commit).resolve(file.name()))
            .filter(Files::isRegularFile);
    if (cached.isPresent()) {
      return cached.get();
    }
    if (environment.offline()) {
      throw notCached(file.toString());
    }
    Listing listing = client.listing(file.repo(), file.name());
    fetch(file.repo(), listing, listing.files());
    return cache.snapshot(file.repo(), listing.commit()).resolve(file.name());
  }

  /**
   * What {@link #model} would do.
   *
   * @param repo the model
   * @return where it is, or what would be downloaded
   * @throws UserException where it is nowhere, can't be had, or has no safetensors
   */
  public Plan plan(HubRepo repo) {
    Optional<Path> cached = cachedModel(repo, !environment.offline());
    if (cached.isPresent()) {
      return new Plan(cached, List.of());
    }
    if (environment.offline()) {
      throw notCached(repo.toString());
    }
    Listing listing = client.listing(repo);
    return new Plan(
        Optional.empty(), toDownload(repo, missing(repo, listing, needed(repo, listing))));
  }

  private List<RemoteFile> needed(HubRepo repo, Listing listing) {
    HubRepo commit = repo.at(listing.commit());
    return ModelFiles.of(repo, listing, name -> client.json(commit, name));
  }

  /**
   * A model that the cache holds.
   *
   * @param known whether it must be known which optional files it has
   */
  private Optional<Path> cachedModel(HubRepo repo, boolean known) {
    Optional<String> commit = cache.commit(repo);
    if (commit.isEmpty()) {
      return Optional.empty();
    }
    Path folder = cache.snapshot(repo, commit.get());
    boolean usable =
        ModelFiles.isUsable(
            name -> Files.isRegularFile(folder.resolve(name)), name -> json(folder.resolve(name)));
    boolean whole =
        ModelFiles.OPTIONAL.stream()
            .allMatch(
                name ->
                    Files.isRegularFile(folder.resolve(name))
                        || cache.isAbsent(repo, commit.get(), name));
    return usable && (whole || !known) ? Optional.of(folder) : Optional.empty();
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private UserException notCached(String what) {
    return new UserException(
        "%s: it is neither here nor in %s, and HF_HUB_OFFLINE is set; unset it, or check the name"
            .formatted(what, environment.cache()));
  }

  private List<RemoteFile> missing(HubRepo repo, Listing listing, List<RemoteFile> files) {
    return files.stream().filter(f -> !cache.inSnapshot(repo, listing.commit(), f)).toList();
  }

  /** Those whose content isn't there under another name or commit; each content once. */
  private List<RemoteFile> toDownload(HubRepo repo, List<RemoteFile> missing) {
    Map<String, RemoteFile> byHash = new LinkedHashMap<>();
    for (RemoteFile file : missing) {
      if (!cache.hasBlob(repo, file)) {
        byHash.putIfAbsent(file.hash(), file);
      }
    }
    return List.copyOf(byHash.values());
  }

  /** The commit becomes the revision's at the end, so that till then the last one stays usable. */
  private void fetch(HubRepo repo, Listing listing, List<RemoteFile> files) {
    List<RemoteFile> missing = missing(repo, listing, files);
    List<RemoteFile> wanted = toDownload(repo, missing);
    try {
      if (!wanted.isEmpty()) {
        progress.begin(
            repo.toString(), wanted.size(), wanted.stream().mapToLong(RemoteFile::size).sum());
        try {
          downloadAll(repo.at(listing.commit()), wanted);
        } finally {
          progress.end();
        }
      }
      for (RemoteFile file : missing) {
        cache.link(repo, listing.commit(), file);
      }
      if (repo.kind() == HubRepo.Kind.MODEL) {
        for (String name : ModelFiles.OPTIONAL) {
          if (!listing.has(name)) {
            cache.writeAbsent(repo, listing.commit(), name);
          }
        }
      }
      cache.writeCommit(repo, listing.commit());
    } catch (IOException e) {
      throw new UserException(
          "%s: can't be written (%s); make room there, or set HF_HUB_CACHE to another folder"
              .formatted(environment.cache(), e),
          e);
    }
  }

  private void downloadAll(HubRepo repo, List<RemoteFile> files) throws IOException {
    ExecutorService connections = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Future<Void>> downloads = new ArrayList<>();
      for (RemoteFile file : files) {
        BlobDownload download = new BlobDownload(repo, file, cache, client, progress);
        downloads.add(
            connections.submit(
                () -> {
                  download.run();
                  return null;
                }));
      }
      for (Future<Void> download : downloads) {
        download.get();
      }
    } catch (ExecutionException e) {
      throw causeOf(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException(repo + ": interrupted", e);
    } finally {
      end(connections);
    }
  }

  private static IOException causeOf(ExecutionException e) {
    if (e.getCause() instanceof RuntimeException cause) {
      throw cause;
    }
    return e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
  }

  /** Stops what still goes on; what has arrived is kept for the next time. */
  private static void end(ExecutorService connections) {
    connections.shutdownNow();
    try {
      connections.awaitTermination(LAST_WRITES_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
