package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.FakeRolloutServer;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;
import org.rlhf4j.testing.stages.FakeRolloutServer.Request;
import org.rlhf4j.training.run.AtomicFiles;

class ServedPolicyTest {
  private static final List<int[]> PROMPTS =
      List.of(new int[] {5, 6, 7}, new int[] {9, 30, 31, 32}, new int[] {12});
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of());

  @TempDir private Path folder;
  private Path adapters;
  private LanguageModel policy;
  private FakeRolloutServer server;
  private FakeRolloutServer second;
  private double temperature = 0.7;
  private int maxLength = 32;
  private Duration patience = Duration.ofMinutes(5);
  private final List<Duration> pauses = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    Path base = save("base", 1);
    adapters = Files.createDirectory(folder.resolve("adapters"));
    policy = LanguageModel.load(base, LORA, 1);
    server = new FakeRolloutServer(base);
    second = new FakeRolloutServer(base);
  }

  @AfterEach
  void stop() {
    policy.close();
    server.close();
    second.close();
  }

  private Path save(String name, long seed) throws IOException {
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

  private ServedPolicy open(FakeRolloutServer... servers) {
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
  private void move(double deviation) {
    TrialAdapter.setOutputs(policy, deviation);
  }

  private static List<Sampled> sample(ServedPolicy served, int completions)
      throws InterruptedException {
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

  private void assertAreThePolicys(List<Sampled> all) {
    for (Sampled sampled : all) {
      float[] own = own(sampled);
      for (int t = 0; t < own.length; t++) {
        assertThat(sampled.logprobs()[t]).isCloseTo(own[t], within(1e-4f));
      }
    }
  }

  private static Optional<Reply> at(Request request, String path, Optional<Reply> reply) {
    return request.path().equals(path) ? reply : Optional.empty();
  }

  @Test
  void completionsAreThePolicysAsItWasPublishedLast() throws Exception {
    try (ServedPolicy served = open(server)) {
      assertThat(served.report()).startsWith("rollouts: sampled by 1 server (http://127.0.0.1:");
      for (int version = 0; version < 4; version++) {
        move(0.3 * version);
        served.publish(version);
        List<Sampled> all = sample(served, 5);
        assertAreThePolicys(all);
        assertThat(all.stream().map(one -> List.of(one.ids()[0])).distinct().count())
            .isGreaterThan(1); // each has a seed of its own
      }
      assertThat(AtomicFiles.list(adapters)).hasSize(2);
      assertThat(served.metrics().values()).containsEntry("servers_lost", 0.0);
    }
    assertThat(adapters).isEmptyDirectory();
    List<String> names = server.adapters().stream().map(name -> name.substring(1)).toList();
    String run = names.get(0).replaceFirst("trial0$", "");
    assertThat(server.adapters().stream().map(name -> name.replace(run, "")))
        .containsExactly(
            "+trial0", "-trial0", "+v0", "+v1", "+v2", "-v0", "+v3", "-v1", "-v2", "-v3");
  }

  /**
   * Another run, or the same one resumed, can't be served from what a server kept of an old one.
   */
  @Test
  void namesAreNeverUsedAgain() {
    open(server).close();
    open(server).close();
    List<String> loaded = server.adapters().stream().filter(one -> one.startsWith("+")).toList();
    assertThat(loaded).hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void theSameVersionIsPublishedOnce() {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      served.publish(0);
      assertThat(server.adapters()).filteredOn(name -> name.endsWith("v0")).hasSize(1);
    }
  }

  @Test
  void aServerThatIgnoresAdaptersIsFoundBeforeTheFirstStep() {
    server.ignoreAdapters();
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("proof \"same policy\" failed")
        .hasMessageContaining("it takes the adapter and ignores it");
    assertThat(adapters).isEmptyDirectory();
  }

  @Test
  void aServerThatLaterKeepsTheBaseIsFoundOnceThePolicyHasMoved() {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      server.ignoreAdapters();
      move(2);
      assertThatThrownBy(() -> served.publish(1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("it doesn't compute with the adapter 'rlhf-")
          .hasMessageContaining("--max-loras");
      assertThat(server.adapters().get(server.adapters().size() - 1))
          .startsWith("-")
          .endsWith("v1");
    }
  }

  @Test
  void anotherModelIsFound() throws IOException {
    try (FakeRolloutServer other = new FakeRolloutServer(save("other", 2))) {
      assertThatThrownBy(() -> open(other))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("its model 'base' isn't the policy's base");
    }
  }

  @Test
  void anotherTokenizerIsFound() {
    server.answers(
        request ->
            at(request, "/tokenize", Optional.of(new Reply(200, "{\"tokens\": [1, 2, 3]}"))));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its tokenizer is different from the policy's");
  }

  /** The log-probabilities that the model has at temperature 1, of tokens drawn at 0.7. */
  @Test
  void rawLogProbabilitiesAreFound() {
    server.changes(choice -> raw(choice));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it gives raw log-probabilities")
        .hasMessageContaining("--logprobs-mode processed_logprobs");
  }

  private ObjectNode raw(ObjectNode choice) {
    int[] prompt = ids(choice.path("prompt_token_ids"));
    PackedTokens tokens =
        PackedTokens.of(List.of(TokenTree.of(prompt, ids(choice.path("token_ids")))));
    var array = choice.putObject("logprobs").putArray("token_logprobs");
    for (float one : policy.logprobs(tokens, 1).logprobs()) {
      array.add(one);
    }
    return choice;
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }

  @Test
  void aServerThatReadsTooLittleIsRefused() {
    int positions = policy.config().dimensions().positions();
    maxLength = positions + 1;
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(
            "it reads at most " + positions + " tokens; raise its --max-model-len");
  }

  @Test
  void whatIsNoSuchServerIsRefused() {
    server.answers(request -> Optional.of(new Reply(404, "nothing here")));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("/v1/models answers 404: \"nothing here\"");
  }

  @Test
  void aServerThatIsntThereStopsTheRunBeforeItBegins() {
    second.close();
    assertThatThrownBy(() -> open(server, second))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("can't be reached")
        .hasMessageEndingWith("; start it, or leave it out of --rollout-server");
  }

  @Test
  void withoutAnAdapterOrItsFolderNothingIsAsked() throws IOException {
    try (LanguageModel whole = TinyRollouts.policy(1);
        LanguageModel adapted = policy) {
      policy = whole;
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(UsageException.class)
          .hasMessageStartingWith("--rollout-server needs --lora-rank");
      policy = adapted;
      adapters = folder.resolve("absent");
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(UsageException.class)
          .hasMessageEndingWith(
              "no such folder; --rollout-adapters names one that the servers see too");
    }
    policy = TinyRollouts.policy(1);
    assertThat(server.requests("/v1/models")).isEmpty();
  }

  @Test
  void loadingThatIsSwitchedOffSaysWhatTurnsItOn() {
    Optional<Reply> absent = Optional.of(new Reply(404, "{\"detail\": \"Not Found\"}"));
    server.answers(request -> at(request, "/v1/load_lora_adapter", absent));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "the adapter isn't loaded (answers 404: \"Not Found\"); start it with --enable-lora and"
                + " VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 in its environment");
  }

  @Test
  void anAdapterThatTheServerCantTakeSaysItsRank() {
    Optional<Reply> refusal = Reply.error(400, "LoRA rank 2 is greater than max_lora_rank 1.");
    server.answers(request -> at(request, "/v1/load_lora_adapter", refusal));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("LoRA rank 2 is greater")
        .hasMessageContaining("--enable-lora --max-lora-rank 8");
  }

  @Test
  void aFolderThatIsSeenLateIsLookedForAgain() {
    AtomicInteger looks = new AtomicInteger();
    Optional<Reply> unseen = Reply.error(404, "No adapter found for /shared/x");
    server.answers(
        request -> {
          boolean loads = request.path().equals("/v1/load_lora_adapter");
          return loads && looks.incrementAndGet() <= 2 ? unseen : Optional.empty();
        });
    assertThatCode(() -> open(server).close()).doesNotThrowAnyException();
    assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  @Test
  void aFolderThatIsNeverSeenStopsTheRun() {
    Optional<Reply> unseen = Reply.error(404, "No adapter found for /shared/x");
    server.answers(request -> at(request, "/v1/load_lora_adapter", unseen));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("it must see the folder --rollout-adapters under the same path");
    assertThat(pauses).hasSize(4);
  }

  @Test
  void whereOneServerRefusesAnAdapterNoneHasIt() throws IOException {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      Optional<Reply> full = Reply.error(400, "no more");
      second.answers(request -> at(request, "/v1/load_lora_adapter", full));
      assertThatThrownBy(() -> served.publish(1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("no more");
      assertThat(server.adapters().get(server.adapters().size() - 1))
          .startsWith("-")
          .endsWith("v1");
      assertThat(AtomicFiles.list(adapters)).hasSize(1);
    }
  }

  /** It dies with requests in work; they are the others' then, and nothing else changes. */
  @Test
  void aKilledServerCostsItsRequestsAndNothingElse() throws Exception {
    List<Sampled> undisturbed;
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      undisturbed = sample(served, 20);
    }
    AtomicBoolean dead = new AtomicBoolean();
    second.answers(
        request -> {
          boolean kills = request.path().equals("/v1/completions") && dead.get();
          return kills ? Optional.of(Reply.BROKEN) : Optional.empty();
        });
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      dead.set(true);
      List<Sampled> all = sample(served, 20);
      assertThat(all).hasSameSizeAs(undisturbed);
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).ids()).containsExactly(undisturbed.get(i).ids());
      }
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
      // It is asked for nothing at the next step while it is away, and serves again when back.
      second.answers(request -> Optional.of(Reply.BROKEN));
      served.publish(1);
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
      assertThat(sample(served, 3)).hasSize(3);
      second.answers(request -> Optional.empty());
      served.publish(2);
      assertThat(served.metrics().get("servers_lost")).hasValue(0);
      assertThat(second.adapters().get(second.adapters().size() - 1)).startsWith("-");
    }
  }

  @Test
  void aSlowServersRequestsAreMadeByTheOthersAfterTheDeadline() throws Exception {
    patience = Duration.ofSeconds(2);
    CountDownLatch end = new CountDownLatch(1);
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      second.answers(
          request -> {
            try {
              end.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Optional.of(Reply.BROKEN);
          });
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    } finally {
      end.countDown();
    }
  }

  /** As one that was started again. */
  @Test
  void aServerThatForgotTheAdapterIsLeftOut() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      Optional<Reply> unknown = Reply.error(404, "The model does not exist.");
      second.answers(request -> at(request, "/v1/completions", unknown));
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    }
  }

  @Test
  void whereNoServerIsLeftTheRunEndsWithEachReason() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      server.answers(request -> Optional.of(Reply.BROKEN));
      second.answers(request -> Reply.error(500, "out of memory"));
      assertThatThrownBy(() -> sample(served, 6))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("no rollout server is left: ")
          .hasMessageContaining(server.address() + " the connection broke")
          .hasMessageContaining(second.address() + " answers 500: \"out of memory\"")
          .hasMessageEndingWith("; start them again and continue with --resume");
      assertThatThrownBy(() -> served.publish(1))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("no rollout server is left: ");
    }
  }

  @Test
  void aRefusedCompletionEndsTheRun() throws Exception {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      server.answers(request -> Reply.error(400, "max_tokens is too large"));
      assertThatThrownBy(() -> sample(served, 1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("refuses a completion (answers 400: \"max_tokens is too large\")");
    }
  }
}
