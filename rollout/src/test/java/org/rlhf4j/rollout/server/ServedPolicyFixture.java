package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.testing.stages.FakeRolloutServer;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;
import org.rlhf4j.testing.stages.FakeRolloutServer.Request;

/**
 * A policy, with an adapter unless a test says otherwise, two servers with its base, and settings.
 */
abstract class ServedPolicyFixture {
  static final List<int[]> PROMPTS =
      List.of(new int[] {5, 6, 7}, new int[] {9, 30, 31, 32}, new int[] {12});
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of());

  @TempDir Path folder;
  Path adapters;
  LanguageModel policy;
  FakeRolloutServer server;
  FakeRolloutServer second;
  double temperature = 0.7;
  int maxLength = 32;
  Duration patience = Duration.ofMinutes(5);
  final List<Duration> pauses = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    Path base = save("base", 1);
    adapters = Files.createDirectory(folder.resolve("adapters"));
    policy = load(base);
    server = start(base);
    second = start(base);
  }

  /** The policy. */
  LanguageModel load(Path base) {
    return LanguageModel.load(base, LORA, 1);
  }

  /** A server with a base model. */
  FakeRolloutServer start(Path base) throws IOException {
    return new FakeRolloutServer(base);
  }

  @AfterEach
  void stop() {
    policy.close();
    server.close();
    second.close();
  }

  final Path save(String name, long seed) throws IOException {
    Path at = Files.createDirectory(folder.resolve(name));
    try (LanguageModel model = TinyRollouts.policy(seed)) {
      // Fresh weights are so small that all tokens are about equally probable.
      float[] values = model.parameters().values();
      for (int i = 0; i < values.length; i++) {
        values[i] *= 5;
      }
      model.parameters().setValues(values);
      model.save(at);
    }
    return at;
  }

  final ServedPolicy open(FakeRolloutServer... servers) {
    List<String> addresses = Stream.of(servers).map(FakeRolloutServer::address).toList();
    RolloutServerSettings settings =
        new RolloutServerSettings(addresses, adapters, 0, 4, patience.toMillis() / 1000.0);
    SamplingSettings sampling = SamplingSettings.of(8, temperature);
    return ServedPolicy.open(policy, settings, sampling, maxLength, PROMPTS, true, this::pause);
  }

  private synchronized void pause(Duration wait) {
    pauses.add(wait);
  }

  /** Moves the policy as an update would. */
  final void move(double deviation) {
    TrialPolicy.move(policy, deviation);
  }

  static List<Sampled> sample(ServedPolicy served, int completions) throws InterruptedException {
    List<Future<Sampled>> pending = new ArrayList<>();
    for (int i = 0; i < completions; i++) {
      pending.add(served.sample(PROMPTS.get(0), new SampleKey(0, 1, 0, i)));
    }
    List<Sampled> done = new ArrayList<>();
    for (Future<Sampled> one : pending) {
      try {
        done.add(one.get());
      } catch (ExecutionException e) {
        throw (RuntimeException) e.getCause();
      }
    }
    return done;
  }

  private float[] own(Sampled sampled) {
    PackedTokens tokens = PackedTokens.of(List.of(TokenTree.of(PROMPTS.get(0), sampled.ids())));
    return policy.logprobs(tokens, temperature).logprobs();
  }

  final void assertAreThePolicys(List<Sampled> all) {
    for (Sampled sampled : all) {
      float[] own = own(sampled);
      for (int t = 0; t < own.length; t++) {
        assertThat(sampled.logprobs()[t]).isCloseTo(own[t], within(1e-4f));
      }
    }
  }

  /** Moves the policy twice: what is sampled is the policy's each time, and no server is lost. */
  final void assertServesEachVersion(ServedPolicy served) throws InterruptedException {
    for (int version = 0; version < 3; version++) {
      move(0.3 * version);
      served.publish(version);
      assertAreThePolicys(sample(served, 5));
    }
    assertThat(served.metrics().get("servers_lost")).hasValue(0);
  }

  static Optional<Reply> at(Request request, String path, Optional<Reply> reply) {
    return request.path().equals(path) ? reply : Optional.empty();
  }
}
