package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.FakeRolloutServer;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;
import org.rlhf4j.training.run.AtomicFiles;

class ServedPolicyTest extends ServedPolicyFixture {

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
    int[] prompt = FakeRolloutServer.ids(choice.path("prompt_token_ids"));
    PackedTokens tokens =
        PackedTokens.of(
            List.of(TokenTree.of(prompt, FakeRolloutServer.ids(choice.path("token_ids")))));
    var array = choice.putObject("logprobs").putArray("token_logprobs");
    for (float one : policy.logprobs(tokens, 1).logprobs()) {
      array.add(one);
    }
    return choice;
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
  void withoutTheFolderNothingIsAsked() {
    adapters = folder.resolve("absent");
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UsageException.class)
        .hasMessageEndingWith(
            "no such folder; --rollout-adapters names one that the servers see too");
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
}
