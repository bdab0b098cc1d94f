package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command that a refused pickle is converted with: its user pastes it into a shell. */
class PickleCheckpointTest {

  private static ObjectNode config(String network) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putArray("architectures").add(network);
    return config;
  }

  private static String command(String network, String source, String revision, String target) {
    String message =
        PickleCheckpoint.refusal(
                "m", "pytorch_model.bin", config(network), source, revision, target)
            .getMessage();
    return message.substring(message.indexOf("python"));
  }

  private static String expected(String network, String from, String to) {
    return "python -c \"import transformers as t; t.NETWORK.from_pretrained(FROM).save_pretrained('TO');"
            .replace("NETWORK", network)
            .replace("FROM", from)
            .replace("TO", to)
        + " t.AutoTokenizer.from_pretrained(FROM).save_pretrained('TO')\""
            .replace("FROM", from)
            .replace("TO", to);
  }

  @Test
  void namesTheClassAndTheFolder() {
    assertThat(command("GPT2LMHeadModel", "a/b", null, "a/b"))
        .isEqualTo(expected("GPT2LMHeadModel", "'a/b'", "a/b"));
    assertThat(command("GPT2LMHeadModel", "org/m", "main", "m"))
        .isEqualTo(expected("GPT2LMHeadModel", "'org/m', revision='main'", "m"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x\"; touch pasted; echo \"", "x`id`", "$(id)", "a.b", "a\nb", "x; import os", ""})
  void takesNoTextOfTheModelsAuthorForAClass(String network) {
    assertThat(command(network, "m", null, "m"))
        .isEqualTo(expected("AutoModelForCausalLM", "'m'", "m"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a'b", "a\"b", "a$(id)", "a`id`", "a\\b", "a!b", "a\u001bb"})
  void leavesOutWhatAShellWouldTakeForMoreThanAName(String folder) {
    assertThat(command("GPT2LMHeadModel", folder, null, folder))
        .isEqualTo(expected("GPT2LMHeadModel", "'FOLDER'", "FOLDER"));
    assertThat(command("GPT2LMHeadModel", "m", folder, "m"))
        .isEqualTo(expected("GPT2LMHeadModel", "'m', revision='REVISION'", "m"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"100%done", "100%s", "%", "über 100 %n/模型"})
  void aPercentSignIsOneLikeAnyOther(String folder) {
    assertThat(command("GPT2LMHeadModel", folder, null, folder))
        .isEqualTo(expected("GPT2LMHeadModel", "'" + folder + "'", folder));
  }
}
