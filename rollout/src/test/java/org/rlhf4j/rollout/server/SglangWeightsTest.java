package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.FakeRolloutServer;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;

/** A policy without an adapter: servers that speak as SGLang does are given all weights. */
class SglangWeightsTest extends ServedPolicyFixture {
  private static final String UPDATING = "/update_weights_from_disk";

  @Override
  FakeRolloutServer start(Path base) throws IOException {
    return FakeRolloutServer.sglang(base);
  }

  @Override
  LanguageModel load(Path base) {
    return LanguageModel.load(base);
  }

  @Test
  void completionsAreThePolicysAsItWasPublishedLast() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      assertThat(served.report()).contains("all weights are applied");
      assertServesEachVersion(served);
    }
    List<String> given =
        server.requests(UPDATING).stream()
            .map(request -> request.get("weight_version").textValue())
            .map(name -> name.replaceFirst("rlhf-[^-]*-", ""))
            .toList();
    assertThat(given).containsExactly("start", "trial0", "start", "v0", "v1", "v2");
    assertThat(server.requests("/generate")).noneMatch(request -> request.has("lora_path"));
    assertThat(adapters).isEmptyDirectory();
  }

  /** Also one that has the run's first weights already. */
  @Test
  void aServerThatIgnoresWeightsIsFoundBeforeTheFirstStep() {
    server.ignoreWeights();
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it takes all weights and ignores them");
    assertThat(adapters).isEmptyDirectory();
  }

  /** A run that goes on has other weights than those that the server was started with. */
  @Test
  void whatAServerWasStartedWithIsNoMatter() throws Exception {
    move(0.5);
    try (ServedPolicy served = open(server)) {
      served.publish(7);
      assertAreThePolicys(sample(served, 3));
    }
  }

  @Test
  void aServerThatWasStartedAgainIsLeftOutUntilItHasTheWeights() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      second.restart(folder.resolve("base"));
      move(0.5);
      served.publish(1);
      assertAreThePolicys(sample(served, 4));
      second.restart(folder.resolve("base"));
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
      served.publish(2);
      assertThat(served.metrics().get("servers_lost")).hasValue(0);
      assertAreThePolicys(sample(served, 6));
    }
  }

  @Test
  void weightsThatItCantTakeEndTheRun() {
    String refusal = "{\"success\": false, \"message\": \"Failed to update weights: lm_head\"}";
    server.answers(request -> at(request, UPDATING, Optional.of(new Reply(400, refusal))));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it doesn't take the weights (answers 400: ")
        .hasMessageContaining("serve the policy's base model, or train an adapter (--lora-rank)");
  }

  @Test
  void vllmTakesNoneButAdapters() throws IOException {
    try (FakeRolloutServer vllm = new FakeRolloutServer(folder.resolve("base"))) {
      assertThatThrownBy(() -> open(vllm))
          .isInstanceOf(UsageException.class)
          .hasMessageStartingWith("--rollout-server needs --lora-rank")
          .hasMessageContaining("a server of SGLang takes all weights, too");
    }
  }

  @Test
  void anOldServerSaysNoVersionAndIsBelieved() throws Exception {
    server.changes(
        answer -> {
          ((ObjectNode) answer.get("meta_info")).remove("weight_version");
          return answer;
        });
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      assertAreThePolicys(sample(served, 2));
    }
    JsonNode first = server.requests(UPDATING).get(0);
    assertThat(first.get("model_path").textValue()).startsWith(adapters.toString());
  }
}
