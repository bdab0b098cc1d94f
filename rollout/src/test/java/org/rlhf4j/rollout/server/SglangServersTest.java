package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.FakeRolloutServer;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;

/** Servers that speak as SGLang does; they say so themselves. */
class SglangServersTest extends ServedPolicyFixture {

  @Override
  FakeRolloutServer start(Path base) throws IOException {
    return FakeRolloutServer.sglang(base);
  }

  @Test
  void completionsAreThePolicysAsItWasPublishedLast() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      assertServesEachVersion(served);
    }
    List<String> kinds =
        server.adapters().stream().map(name -> name.replaceFirst("rlhf-[^-]*-", "")).toList();
    assertThat(kinds)
        .containsExactly("+trial0", "-trial0", "+v0", "+v1", "+v2", "-v0", "-v1", "-v2");
    assertThat(server.requests("/v1/completions")).isEmpty();
  }

  /** Its ignore_eos would switch off stop ids, too; one of the base has no adapter. */
  @Test
  void whatTheServerWouldSetIsWrittenOut() throws Exception {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      sample(served, 1);
    }
    List<JsonNode> asked = server.requests("/generate");
    assertThat(asked.get(0).has("lora_path")).isFalse();
    JsonNode last = asked.get(asked.size() - 1);
    assertThat(last.get("lora_path").textValue()).endsWith("-v0");
    assertThat(last.get("return_logprob").booleanValue()).isTrue();
    JsonNode sampling = last.get("sampling_params");
    assertThat(sampling.get("ignore_eos").booleanValue()).isFalse();
    assertThat(sampling.get("stop_token_ids").size())
        .isEqualTo(policy.tokenizer().stopIds().length);
    assertThat(sampling.get("max_new_tokens").intValue()).isEqualTo(8);
    assertThat(sampling.get("temperature").doubleValue()).isEqualTo(temperature);
    assertThat(sampling.get("top_p").doubleValue()).isEqualTo(1);
    assertThat(sampling.get("top_k").intValue()).isEqualTo(-1);
    assertThat(sampling.get("min_p").doubleValue()).isZero();
    assertThat(sampling.get("repetition_penalty").doubleValue()).isEqualTo(1);
    assertThat(sampling.get("sampling_seed").canConvertToInt()).isTrue();
  }

  @Test
  void aServerThatIgnoresAdaptersIsFound() {
    server.ignoreAdapters();
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it takes the adapter and ignores it");
  }

  @Test
  void rawLogProbabilitiesAreFound() {
    server.changes(this::raw);
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it gives raw log-probabilities")
        .hasMessageContaining("start it without SGLANG_RETURN_ORIGINAL_LOGPROB");
  }

  /** Those at temperature 1. The proof asks about one prompt after another. */
  private ObjectNode raw(ObjectNode answer) {
    List<JsonNode> asked = server.requests("/generate");
    int[] prompt = FakeRolloutServer.ids(asked.get(asked.size() - 1).get("input_ids"));
    int[] completion = FakeRolloutServer.ids(answer.get("output_ids"));
    PackedTokens tokens = PackedTokens.of(List.of(TokenTree.of(prompt, completion)));
    float[] logprobs = policy.logprobs(tokens, 1).logprobs();
    ArrayNode pairs = ((ObjectNode) answer.get("meta_info")).putArray("output_token_logprobs");
    for (int t = 0; t < completion.length; t++) {
      pairs.addArray().add(logprobs[t]).add(completion[t]).addNull();
    }
    return answer;
  }

  @Test
  void anAdapterThatItCantTakeSaysHowToStartIt() {
    String refusal = "{\"success\": false, \"error_message\": \"LoRA is not enabled.\"}";
    server.answers(
        request -> at(request, "/load_lora_adapter", Optional.of(new Reply(400, refusal))));
    assertThatThrownBy(() -> open(server))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the adapter isn't loaded (answers 400: \"LoRA is not enabled.\")")
        .hasMessageContaining("--enable-lora --max-lora-rank 8 --lora-target-modules all");
  }

  @Test
  void aFolderThatIsSeenLateIsLookedForAgain() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    String unseen =
        "{\"success\": false, \"error_message\": \"[Errno 2] No such file or directory\"}";
    server.answers(
        request ->
            request.path().equals("/load_lora_adapter") && looks.incrementAndGet() <= 2
                ? Optional.of(new Reply(400, unseen))
                : Optional.empty());
    open(server).close();
    assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  /** As one that was started again, or had to make room. */
  @Test
  void aServerThatForgotTheAdapterIsLeftOut() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      second.answers(
          request ->
              at(
                  request,
                  "/generate",
                  Reply.error(400, "Got LoRA adapter that has not been loaded: rlhf-v0")));
      List<Sampled> all = sample(served, 6);
      assertAreThePolicys(all);
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    }
  }

  @Test
  void anAbortedCompletionIsMadeByTheOthers() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      second.changes(
          answer -> {
            ((ObjectNode) answer.get("meta_info")).putObject("finish_reason").put("type", "abort");
            return answer;
          });
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    }
  }

  @Test
  void withoutLogProbabilitiesTheRunEnds() throws Exception {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      server.changes(
          answer -> {
            ((ObjectNode) answer.get("meta_info")).remove("output_token_logprobs");
            return answer;
          });
      assertThatThrownBy(() -> sample(served, 1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("answers without token_ids; update it: /generate must know");
    }
  }
}
