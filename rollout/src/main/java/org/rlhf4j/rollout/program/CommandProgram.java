package org.rlhf4j.rollout.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.UserException;

/**
 * A user's command, run by {@code sh -c} and kept alive. For each completion it reads a line {@code
 * {"prompt", "completion", "ended", "answer", …}} with the row's further fields, and writes a line
 * {@code {"score": NUMBER}}, null where it doesn't apply. The lines of a batch are sent at once. A
 * command that ends or falls silent is started anew, once a batch, and asked for what it left
 * unanswered.
 */
final class CommandProgram implements RewardProgram {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final int SHOWN = 60;

  private final String command;
  private final Duration timeout;
  private final PrintStream shown;
  private CommandProcess running;

  /**
   * A command, which is started when it is first needed.
   *
   * @param command as a shell reads it
   * @param timeout how long it may keep silent while an answer is due
   * @param shown takes its error stream
   */
  CommandProgram(String command, Duration timeout, PrintStream shown) {
    this.command = command;
    this.timeout = timeout;
    this.shown = shown;
  }

  @Override
  public double score(CompletedPrompt completed) {
    return scoreAll(List.of(completed))[0];
  }

  @Override
  public double[] scoreAll(List<CompletedPrompt> batch) {
    List<String> lines = batch.stream().map(CommandProgram::line).toList();
    double[] scores = new double[lines.size()];
    try {
      int answered = ask(lines, scores, 0, false);
      if (answered < scores.length) {
        ask(lines, scores, answered, true);
      }
      return scores;
    } catch (UserException e) {
      stop();
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop();
      throw fault("was interrupted", "");
    }
  }

  /** Returns how many lines are answered now: all, or fewer where the command stopped. */
  private int ask(List<String> lines, double[] scores, int from, boolean again)
      throws InterruptedException {
    if (running == null) {
      running = CommandProcess.start(command, shown);
    }
    int answered = from;
    try {
      if (running.hasSpokenUnasked()) {
        throw fault(
            "wrote '%s' without being asked".formatted(shortened(running.answer(timeout))),
            running.lastWords());
      }
      running.send(lines.subList(from, lines.size()));
      while (answered < scores.length) {
        scores[answered] = score(running.answer(timeout));
        answered++;
      }
    } catch (CommandStoppedException e) {
      String lastWords = running.lastWords();
      stop();
      if (again) {
        throw fault(e.getMessage() + ", again after a new start", lastWords);
      }
      shown.println("reward command: " + e.getMessage() + "; starting it again");
    }
    return answered;
  }

  private static String line(CompletedPrompt completed) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompt", completed.prompt());
    line.put("completion", completed.completion());
    line.put("ended", completed.ended());
    line.put("answer", completed.answer());
    completed.fields().forEach(line::putIfAbsent);
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private double score(String answer) throws InterruptedException {
    JsonNode score;
    try {
      JsonNode read = JSON.readTree(answer);
      score = read.path("score");
    } catch (JsonProcessingException e) {
      throw unfit(answer);
    }
    if (score.isNull()) {
      return Double.NaN;
    }
    if (!score.isNumber() || !Double.isFinite(score.doubleValue())) {
      throw unfit(answer);
    }
    return score.doubleValue();
  }

  private UserException unfit(String answer) throws InterruptedException {
    return fault(
        "answered '" + shortened(answer) + "' instead of a line {\"score\": number or null}",
        running.lastWords());
  }

  private static String shortened(String answer) {
    return answer.length() > SHOWN ? answer.substring(0, SHOWN) + "…" : answer;
  }

  private UserException fault(String what, String lastWords) {
    return new UserException("--reward command: '" + command + "' " + what + lastWords);
  }

  private void stop() {
    if (running != null) {
      running.stop();
      running = null;
    }
  }

  @Override
  public void close() {
    if (running != null) {
      running.close();
      running = null;
    }
  }
}
