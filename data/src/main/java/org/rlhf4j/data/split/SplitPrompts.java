package org.rlhf4j.data.split;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;

/**
 * The prompts of a run as token ids, read in one pass: those to train on, and those to evaluate on.
 *
 * @param training prompts to train on; those of a file with a weight come that many times
 * @param heldOut prompts to evaluate on; none where nothing is held out
 * @param report what became of all of them, each counted once
 */
public record SplitPrompts(
    List<TokenizedPrompt> training, List<TokenizedPrompt> heldOut, SplitReport report) {

  /** Keeps unmodifiable copies. */
  public SplitPrompts {
    training = List.copyOf(training);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Reads both sides.
   *
   * @param files the run's; any rows that have a prompt
   * @param kind {@link RowKind#PROMPTS}, or that with further fields
   * @param onBadRow what to do about a bad row
   * @param tokenizer makes ids of them
   * @param maxNewTokens how many tokens a completion may have
   * @return both sides
   */
  public static SplitPrompts read(
      SplitFiles files,
      RowKind<PromptRow> kind,
      OnBadRow onBadRow,
      RowTokenizer tokenizer,
      int maxNewTokens) {
    int room = tokenizer.promptRoom(maxNewTokens);
    List<TokenizedPrompt> training = new ArrayList<>();
    List<TokenizedPrompt> heldOut = new ArrayList<>();
    SplitReport report =
        new SplitReader<>(files, kind, onBadRow)
            .read(
                tokenizer.maxLength(),
                (row, weight, counts) ->
                    tokenizer
                        .tokenizePrompt(row, room, counts)
                        .ifPresent(
                            kept ->
                                training.addAll(
                                    Collections.nCopies(RowWeight.times(row, weight), kept))),
                (row, weight, counts) ->
                    tokenizer.tokenizePrompt(row, room, counts).ifPresent(heldOut::add));
    return new SplitPrompts(training, heldOut, report);
  }

  /**
   * Says what became of the prompts, and how many an epoch takes where weights make it another
   * number.
   *
   * @return lines without line breaks
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(report.training().lines("prompts"));
    if (training.size() != report.training().kept()) {
      lines.add(RowWeight.sentence(training.size()));
    }
    if (report.heldOut().read() > 0) {
      lines.addAll(report.heldOut().lines("held-out prompts"));
      lines.add("prompts on both sides: " + report.overlap().text());
    }
    return lines;
  }
}
