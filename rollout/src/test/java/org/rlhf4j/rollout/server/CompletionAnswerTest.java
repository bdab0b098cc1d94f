package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;

/** Four tokens at most, of 10 ids, of which 0 and 1 end a completion. */
class CompletionAnswerTest {
  private static final ServedSampling SAMPLING = new ServedSampling(4, 0.5, new int[] {0, 1}, 10);
  private static final int[] PROMPT = {5, 6};

  private static Sampled read(String body) throws ServerFailure {
    ServerAddress address = ServerAddress.parse("http://gpu:8000");
    return new CompletionAnswer(address, ServerDialect.VLLM, SAMPLING)
        .read(new ServerAnswer(200, body), PROMPT, Optional.empty());
  }

  private static String choice(String reason, String ids, String logprobs) {
    return """
    {"choices": [{"finish_reason": "%s", "token_ids": %s, "prompt_token_ids": [5, 6],
    "logprobs": {"token_logprobs": %s}}]}\
    """
        .formatted(reason, ids, logprobs);
  }

  @Test
  void readsIdsLogprobsAndTheEnd() throws ServerFailure {
    Sampled ended = read(choice("stop", "[3, 4, 1]", "[-0.5, -1.25, 0.0001]"));
    assertThat(ended.ids()).containsExactly(3, 4, 1);
    assertThat(ended.logprobs()).containsExactly(-0.5f, -1.25f, 0); // rounding above 0 is cut
    assertThat(ended.ended()).isTrue();
    Sampled cut = read(choice("length", "[3, 4, 5, 6]", "[-1, -2, -3, -4]"));
    assertThat(cut.ended()).isFalse();
    // The last of all tokens may be a stop id; a server may call that its length.
    assertThat(read(choice("length", "[3, 4, 5, 0]", "[-1, -2, -3, -4]")).ended()).isTrue();
  }

  static Stream<Arguments> wrong() {
    String fine = "[-1, -2, -3, -4]";
    return Stream.of(
        Arguments.of("<html>", "doesn't answer in JSON"),
        Arguments.of("", "doesn't answer with one completion"),
        Arguments.of("{\"choices\": []}", "doesn't answer with one completion"),
        Arguments.of("{\"choices\": [{\"finish_reason\": \"stop\"}]}", "answers without token_ids"),
        Arguments.of(choice("length", "[]", "[]"), "answers without token_ids"),
        Arguments.of(choice("length", "[3, 4, 5, 10]", fine), "token 3 is 10, but the policy's"),
        Arguments.of(choice("length", "[3, 4, 5, -1]", fine), "token 3 is -1, but the policy's"),
        Arguments.of(choice("length", "[3, 4, 5, 2.5]", fine), "token 3 is 2.5, but the policy's"),
        Arguments.of(choice("length", "[3, 4, 5, 99999999999]", fine), "token 3 is 99999999999"),
        Arguments.of(choice("length", "[3, 4, 5, 6, 7]", fine), "gave 5 tokens, but at most 4"),
        Arguments.of(
            choice("length", "[3, 0, 5, 6]", fine), "went on behind token 1, which is the"),
        Arguments.of(choice("stop", "[3, 4, 5]", "[-1, -2, -3]"), "stopped at id 5, which is no"),
        Arguments.of(
            choice("length", "[3, 4]", "[-1, -2]"), "cut a completion after 2 of 4 tokens"),
        Arguments.of(choice("length", "[3, 4, 5, 6]", "null"), "answers without log-probabilities"),
        Arguments.of(choice("length", "[3, 4, 5, 6]", "[-1]"), "gave 1 log-probabilities for 4"),
        Arguments.of(
            choice("stop", "[3, 1]", "[-1, null]"), "token 1 is null, not a finite number"),
        Arguments.of(choice("stop", "[3, 1]", "[-1, NaN]"), "token 1 is \"NaN\", not a finite"),
        Arguments.of(choice("stop", "[3, 1]", "[-Infinity, -1]"), "of token 0 is \"-Infinity\""),
        Arguments.of(choice("stop", "[3, 1]", "[-9999.0, -1]"), "of token 0 is -9999.0, not a"),
        Arguments.of(choice("stop", "[3, 1]", "[0.5, -1]"), "of token 0 is 0.5, not a finite"),
        Arguments.of(
            choice("stop", "[3, 1]", "[\"-1\", -1]"), "of token 0 is \"-1\", not a finite"),
        Arguments.of(
            choice("stop", "[3, 1]", "[-1, -1]").replace("[5, 6]", "[9, 5, 6]"),
            "read 3 other prompt tokens than the 2 that it was sent"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void whatIsntTheCompletionIsRefusedByName(String body, String message) {
    assertThatThrownBy(() -> read(body))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("http://gpu:8000: ")
        .hasMessageContaining(message)
        .hasMessageMatching("[^\\n]+; [^\\n]+");
  }

  @Test
  void aCompletionThatTheServerGaveUpIsAnothersToMake() {
    for (String reason : new String[] {"abort", "error", ""}) {
      assertThatThrownBy(() -> read(choice(reason, "[3]", "[-1]")))
          .isInstanceOf(ServerFailure.class)
          .hasMessage("gave a completion up (finish_reason '" + reason + "')");
    }
  }

  /** Whatever generation_config.json or the server's options say. */
  @Test
  void theRequestNamesAllThatWouldChangeTheDistribution() {
    JsonNode request = SAMPLING.request("policy", PROMPT, Long.MAX_VALUE);
    assertThat(request.toString())
        .isEqualTo(
            "{\"model\":\"policy\",\"prompt\":[5,6],\"n\":1,\"seed\":9223372036854775807,"
                + "\"stream\":false,\"echo\":false,\"max_tokens\":4,\"temperature\":0.5,"
                + "\"top_p\":1.0,\"top_k\":-1,\"min_p\":0.0,\"repetition_penalty\":1.0,"
                + "\"presence_penalty\":0.0,\"frequency_penalty\":0.0,\"min_tokens\":0,"
                + "\"ignore_eos\":true,\"stop_token_ids\":[0,1],\"logprobs\":0,"
                + "\"return_token_ids\":true}");
  }
}
