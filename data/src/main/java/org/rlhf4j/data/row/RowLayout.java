package org.rlhf4j.data.row;

import java.util.List;

/**
 * The layouts that rows have in public. {@link RecognisedRow} finds a row's by all of its fields.
 * The table in docs/own-data.md is written from this.
 */
enum RowLayout {
  DEMONSTRATION("prompt, completion", "`prompt`", "`completion`", "", "TRL prompt-completion"),
  TEXT("text", "", "`text`, all of it", "", "TRL language modeling"),
  MESSAGES("messages", "what comes before a turn", "each turn of the assistant's", "", "TRL"),
  ULTRACHAT(
      "messages (beside prompt)",
      "what comes before a turn; `prompt` isn't read",
      "each turn of the assistant's",
      "",
      "LLaMA-Factory"),
  SHAREGPT(
      "conversations",
      "what comes before a turn",
      "each turn of `gpt`'s, of `from` and `value`",
      "",
      "TRL, LLaMA-Factory"),
  ALPACA(
      "instruction, output",
      "`history`, then `instruction` and, on its own line, `input`: what the user says",
      "`output`; the answers in `history` too",
      "",
      "LLaMA-Factory"),
  COMPARISON("prompt, chosen, rejected", "`prompt`", "`chosen`, `rejected`", "`margin`", "TRL"),
  DIALOGUES(
      "chosen, rejected",
      "what both share, up to where the assistant answers",
      "the rest of `chosen` and `rejected`",
      "`margin`",
      "TRL, for message lists"),
  MESSAGES_COMPARISON(
      "messages, chosen, rejected",
      "`messages` or `conversations`",
      "`chosen`, `rejected`",
      "`margin`",
      "LLaMA-Factory"),
  ALPACA_COMPARISON(
      "instruction, chosen, rejected",
      "`history`, `instruction`, `input`: what the user says",
      "`chosen`, `rejected`",
      "`margin`",
      "LLaMA-Factory"),
  OPENAI_PREFERENCE(
      "input, preferred_output, non_preferred_output",
      "`input.messages`",
      "`preferred_output`, `non_preferred_output`",
      "",
      "no peer"),
  RANKING("prompt, completions", "`prompt`", "`completions`, best first", "`margin`", "no peer"),
  SCORED(
      "prompt, completions, scores",
      "`prompt` or `instruction`",
      "`completions`, or their `response`, by score; of those with one score the first",
      "`scores`, or `overall_score`, `score` or `rating` of each; in `ranks` the least is best",
      "no peer"),
  PROMPT("prompt", "`prompt`", "", "", "TRL prompt-only"),
  UNPAIRED(
      "prompt, completion, label",
      "",
      "no stage takes it; `inspect` and `score` read the completion, and count the labels",
      "",
      "TRL's KTO, which isn't here"),
  STEPWISE(
      "prompt, completions, labels",
      "",
      "refused",
      "",
      "TRL stepwise supervision, which isn't here");

  private final String fields;
  private final String prompt;
  private final String completions;
  private final String score;
  private final String peer;

  RowLayout(String fields, String prompt, String completions, String score, String peer) {
    this.fields = fields;
    this.prompt = prompt;
    this.completions = completions;
    this.score = score;
    this.peer = peer;
  }

  /** The fields that tell it. */
  String fields() {
    return fields;
  }

  /** A line of the table: the cells between bars. */
  String row() {
    return "| "
        + String.join(" | ", List.of("`" + fields + "`", prompt, completions, score, peer))
        + " |";
  }
}
