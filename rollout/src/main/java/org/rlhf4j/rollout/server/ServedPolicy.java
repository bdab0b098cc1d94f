package org.rlhf4j.rollout.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;

/**
 * A policy that servers have a copy of: they loaded its base when they started, and are given its
 * adapter, or all weights where it has none, as often as it is published, under a name that is
 * never used again. A server that fails is left out until the next publication.
 */
public final class ServedPolicy implements AutoCloseable {
  /** What is sampled now, and what may still be in work. */
  private static final int KEPT = 2;

  private final LanguageModel policy;
  private final Path folder;
  private final ServedSampling sampling;
  private final Optional<ServerProof> proof;
  private final RolloutServers servers;
  private final AtomicLong repeated;
  private final String tag = Integer.toHexString(new SecureRandom().nextInt());
  private final Deque<String> published = new ArrayDeque<>();
  private String report = "";

  private ServedPolicy(
      LanguageModel policy,
      Path folder,
      ServedSampling sampling,
      Optional<ServerProof> proof,
      RolloutServers servers,
      AtomicLong repeated) {
    this.policy = policy;
    this.folder = folder;
    this.sampling = sampling;
    this.proof = proof;
    this.servers = servers;
    this.repeated = repeated;
  }

  /**
   * Meets the servers, and proves that they compute with what they are given.
   *
   * @param policy an adapter on the base that they serve, or a model like it
   * @param settings name them
   * @param sampling of the run
   * @param maxLength tokens of prompt and completion
   * @param prompts of the run, as ids
   * @param proves whether the proofs are made
   * @return the policy, to be closed
   * @throws UserException where a server can't be used
   */
  public static ServedPolicy open(
      LanguageModel policy,
      RolloutServerSettings settings,
      SamplingSettings sampling,
      int maxLength,
      List<int[]> prompts,
      boolean proves) {
    return open(policy, settings, sampling, maxLength, prompts, proves, Pause.SLEEP);
  }

  static ServedPolicy open(
      LanguageModel policy,
      RolloutServerSettings settings,
      SamplingSettings sampling,
      int maxLength,
      List<int[]> prompts,
      boolean proves,
      Pause pause) {
    if (!Files.isDirectory(settings.rolloutAdapters())) {
      throw new UsageException(
          settings.rolloutAdapters()
              + ": no such folder; --rollout-adapters names one that the servers see too");
    }
    AtomicLong repeated = new AtomicLong();
    Optional<String> key = Optional.ofNullable(System.getenv(ServerConnection.KEY));
    List<RolloutServer> all = new ArrayList<>();
    for (ServerAddress address : settings.addresses()) {
      all.add(
          new RolloutServer(
              address, new ServerConnection(address, key, settings.patience(), pause, repeated)));
    }
    ServedSampling served =
        new ServedSampling(
            sampling.maxNewTokens(),
            sampling.temperature(),
            policy.tokenizer().stopIds(),
            policy.config().dimensions().vocabulary());
    ServedPolicy made =
        new ServedPolicy(
            policy,
            settings.rolloutAdapters().toAbsolutePath().normalize(),
            served,
            proves ? Optional.of(new ServerProof(prompts, served)) : Optional.empty(),
            new RolloutServers(all, settings.serverRequests()),
            repeated);
    try {
      made.meet(maxLength, prompts);
      return made;
    } catch (RuntimeException | Error e) {
      made.close();
      throw e;
    }
  }

  /** All servers have to be there when a run begins. */
  private void meet(int maxLength, List<int[]> prompts) {
    String text = policy.tokenizer().decode(prompts.get(0));
    int[] ids = policy.tokenizer().encodeRaw(text);
    for (RolloutServer server : servers.all()) {
      atStart(server, () -> meet(server, maxLength, text, ids));
    }
    report =
        "rollouts: sampled by %s server%s (%s)"
            .formatted(
                servers.all().size(), servers.all().size() == 1 ? "" : "s", shown(servers.all()));
    if (proof.isPresent()) {
      prove(proof.get());
    }
  }

  private boolean meet(RolloutServer server, int maxLength, String text, int[] ids)
      throws ServerFailure {
    server.meet(maxLength);
    if (!policy.isAdapted() && server.dialect().updating().isEmpty()) {
      throw new UsageException(
          ("--rollout-server needs --lora-rank: %s gets an adapter at each step; a server of"
                  + " SGLang takes all weights, too")
              .formatted(server.address()));
    }
    server.requireReads(text, ids);
    return true;
  }

  private static String shown(List<RolloutServer> all) {
    return String.join(", ", all.stream().map(one -> one.address().toString()).toList());
  }

  private interface Asking<T> {
    T ask() throws ServerFailure;
  }

  private static <T> T atStart(RolloutServer server, Asking<T> asking) {
    try {
      return asking.ask();
    } catch (ServerFailure e) {
      throw new UserException(
          "%s: %s; start it, or leave it out of --rollout-server"
              .formatted(server.address(), e.getMessage()),
          e);
    }
  }

  private void prove(ServerProof proving) {
    try (TrialPolicy trial = new TrialPolicy(policy)) {
      double largest = proveStart(proving, trial.start());
      int attempt = 0;
      while (!isApplied(proving, trial.next(proving.prompts()), trial.start(), attempt)) {
        attempt++;
      }
      if (!policy.isAdapted()) { // else servers keep the trial's weights where no step follows
        largest = Math.max(largest, proveStart(proving, trial.start()));
      }
      report +=
          String.format(
              Locale.ROOT,
              "%n  proof \"same policy\": %s are applied, |log pi - log mu| %.2g nats per token",
              policy.isAdapted() ? "base and adapter" : "all weights",
              largest);
    }
  }

  /** Servers began with the base of an adapter; all weights are given to them. */
  private double proveStart(ServerProof proving, LanguageModel start) {
    if (policy.isAdapted()) {
      return largest(server -> proving.startIsOurs(server, server.base(), start));
    }
    String name = named("start");
    Path written = write(name, start);
    try {
      return largest(
          server -> {
            server.update(name, written);
            return proving.startIsOurs(server, name, start);
          });
    } finally {
      delete(written);
    }
  }

  private interface Measuring {
    double of(RolloutServer server) throws ServerFailure;
  }

  /** The largest of what is measured at each server. */
  private double largest(Measuring measuring) {
    double largest = 0;
    for (RolloutServer server : servers.all()) {
      largest = Math.max(largest, atStart(server, () -> measuring.of(server)));
    }
    return largest;
  }

  private boolean isApplied(
      ServerProof proving, LanguageModel trial, LanguageModel start, int attempt) {
    String name = named("trial" + attempt);
    Path written = write(name, trial);
    boolean told = true;
    try {
      for (RolloutServer server : servers.all()) {
        told &=
            atStart(
                server,
                () -> {
                  give(server, name, written);
                  boolean clear = proving.trialIsApplied(server, name, trial, start);
                  server.unloadAllBut(Set.of());
                  return clear;
                });
      }
    } finally {
      delete(written);
    }
    return told;
  }

  /** A name there that no other run has. */
  private String named(String what) {
    return "rlhf-%s-%s".formatted(tag, what);
  }

  private void give(RolloutServer server, String name, Path written) throws ServerFailure {
    if (policy.isAdapted()) {
      server.load(name, written, rank());
    } else {
      server.update(name, written);
    }
  }

  private int rank() {
    List<Long> first = policy.parameters().specs().get(0).shape();
    return Math.toIntExact(Math.min(first.get(0), first.get(1)));
  }

  /** What the servers are, for the reader at the terminal. */
  public String report() {
    return report;
  }

  /** What goes to each server at a publication, in words. */
  public String plan() {
    int count = servers.all().size();
    return String.format(
        Locale.ROOT,
        "sampled by %s %.1f MB of %s at every step",
        count == 1
            ? "a rollout server, which gets"
            : count + " rollout servers, each of which gets",
        policy.parameters().count() * (double) Float.BYTES / 1e6,
        policy.isAdapted() ? "adapter" : "weights");
  }

  /**
   * Hands the policy as it stands to the servers, unless they have that version.
   *
   * @param version updates that were made
   * @throws UserException where a server refuses it, or none is left; no server has the adapter
   *     then
   */
  public void publish(int version) {
    String name = named("v" + version);
    if (name.equals(published.peekLast())) {
      return;
    }
    Path written = write(name, policy);
    published.addLast(name);
    try {
      for (RolloutServer server : servers.all()) {
        publish(server, name, written);
      }
    } catch (RuntimeException e) {
      published.removeLast();
      unload(Set.copyOf(published));
      delete(written);
      throw e;
    }
    if (servers.lost() == servers.all().size()) {
      throw servers.noneLeft();
    }
    while (published.size() > KEPT) {
      delete(folder.resolve(published.removeFirst()));
    }
    unload(Set.copyOf(published));
  }

  private void publish(RolloutServer server, String name, Path written) {
    if (servers.isLost(server) && !server.isBack()) {
      return;
    }
    try {
      give(server, name, written);
      if (proof.isPresent()) {
        proof.get().policyIsOurs(server, name, policy);
      }
      servers.takeBack(server);
    } catch (ServerFailure e) {
      servers.lose(server, e);
    }
  }

  private void unload(Set<String> kept) {
    for (RolloutServer server : servers.all()) {
      if (!servers.isLost(server)) {
        server.unloadAllBut(kept);
      }
    }
  }

  private Path write(String name, LanguageModel model) {
    Path at = folder.resolve(name);
    try {
      AtomicFiles.writeFolder(at, model::save);
    } catch (IOException e) {
      throw new UserException(at + ": can't write the policy: " + e.getMessage(), e);
    }
    return at;
  }

  private static void delete(Path written) {
    try {
      AtomicFiles.deleteTree(written);
    } catch (IOException e) {
      throw new UserException(written + ": can't delete: " + e.getMessage(), e);
    }
  }

  /**
   * Asks for a completion by what was published last.
   *
   * @param prompt its ids
   * @param key of its draws
   */
  public Future<Sampled> sample(int[] prompt, SampleKey key) {
    return servers.submit(published.getLast(), prompt, key.random().bits(0) >>> 1, sampling);
  }

  /**
   * What happened since it was last asked for: servers_lost, servers that are left out now;
   * server_retries, requests that were made again.
   */
  public Metrics metrics() {
    return new Metrics()
        .put("servers_lost", servers.lost())
        .put("server_retries", (double) repeated.getAndSet(0));
  }

  /** Ends what is in work, and takes all adapters back as far as servers answer. */
  @Override
  public void close() {
    servers.close();
    for (RolloutServer server : servers.all()) {
      server.leave();
    }
    published.forEach(name -> delete(folder.resolve(name)));
    published.clear();
  }
}
