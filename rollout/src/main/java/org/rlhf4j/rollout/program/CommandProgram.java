package org.rlhf4j.rollout.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.settings.UserException;

/**
 * A user's command, run by {@code sh -c} and kept alive. For each completion it reads a line {@code
 * {"prompt", "completion", "completion_ids", "ended", "answer", …}} with the row's further fields,
 * and writes a line {@code {"score": NUMBER}}, null where it doesn't apply, or {@code
 * {"token_rewards": […]}} or {@code {"line_rewards": […]}}. A completion's line is sent as soon as
 * it is foreseen, so the command computes while others are sampled; the rest is sent with the
 * batch. A command that ends or falls silent is started anew, once a batch, and asked for what it
 * left unanswered.
 */
final class CommandProgram implements RewardProgram {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String SCORE = "score";
  private static final String TOKEN_REWARDS = "token_rewards";
  private static final String LINE_REWARDS = "line_rewards";
  private static final List<String> FORMS = List.of(SCORE, TOKEN_REWARDS, LINE_REWARDS);
  private static final int SHOWN = 60;

  private final String command;
  private final Duration timeout;
  private final PrintStream shown;
  private CommandProcess running;

  /** Lines that were sent and are to be in the next batch. */
  private final List<String> foreseen = new ArrayList<>();

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
  public void foresee(CompletedPrompt completed) {
    String line = line(completed);
    interruptibly(
        () -> {
          send(List.of(line));
          return foreseen.add(line);
        });
  }

  @Override
  public double[] scoreAll(List<CompletedPrompt> batch) {
    return judgeAll(batch).stream().mapToDouble(Judgement::score).toArray();
  }

  @Override
  public List<Judgement> judgeAll(List<CompletedPrompt> batch) {
    List<String> lines = batch.stream().map(CommandProgram::line).toList();
    int[] order = order(lines);
    List<String> asked = Arrays.stream(order).mapToObj(lines::get).toList();
    Judgement[] answers = interruptibly(() -> answers(asked));
    Judgement[] judged = new Judgement[order.length];
    for (int i = 0; i < order.length; i++) {
      judged[order[i]] = answers[i];
    }
    return List.of(judged);
  }

  /** The places of a batch's lines in the order in which they are asked: those foreseen first. */
  private int[] order(List<String> lines) {
    Map<String, Deque<Integer>> places = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      places.computeIfAbsent(lines.get(i), line -> new ArrayDeque<>()).add(i);
    }
    List<Integer> order = new ArrayList<>();
    foreseen.forEach(line -> order.add(places.get(line).remove()));
    places.values().stream().flatMap(Deque::stream).sorted().forEach(order::add);
    return order.stream().mapToInt(i -> i).toArray();
  }

  private Judgement[] answers(List<String> lines) throws InterruptedException {
    Judgement[] answers = new Judgement[lines.size()];
    send(lines.subList(foreseen.size(), lines.size()));
    foreseen.clear();
    int answered = receive(answers, 0, false);
    if (answered < answers.length) {
      send(lines.subList(answered, lines.size()));
      receive(answers, answered, true);
    }
    return answers;
  }

  /** Sends lines to the command, which is started where it isn't running. */
  private void send(List<String> lines) throws InterruptedException {
    if (running == null) {
      running = CommandProcess.start(command, shown);
    }
    Optional<String> unasked = foreseen.isEmpty() ? running.spoken() : Optional.empty();
    if (unasked.isPresent()) {
      throw fault(
          "wrote '%s' without being asked".formatted(shortened(unasked.get())),
          running.lastWords());
    }
    if (!lines.isEmpty()) {
      running.send(lines);
    }
  }

  /** Returns how many lines are answered now: all, or fewer where the command stopped. */
  private int receive(Judgement[] answers, int from, boolean again) throws InterruptedException {
    int answered = from;
    try {
      while (answered < answers.length) {
        answers[answered] = judgement(running.answer(timeout));
        answered++;
      }
    } catch (CommandStoppedException e) {
      String lastWords = running.lastWords();
      stop();
      if (again) {
        throw fault(e.getMessage() + ", again after a new start", lastWords);
      }
      shown.println("reward command: " + e.getMessage() + "; it is started again");
    }
    return answered;
  }

  private <T> T interruptibly(Work<T> work) {
    try {
      return work.done();
    } catch (UserException e) {
      stop();
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop();
      throw fault("was interrupted", "");
    }
  }

  @FunctionalInterface
  private interface Work<T> {
    T done() throws InterruptedException;
  }

  private static String line(CompletedPrompt completed) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompt", completed.prompt());
    line.put("completion", completed.completion());
    line.put("completion_ids", completed.ids());
    line.put("ended", completed.ended());
    line.put("answer", completed.answer());
    completed.fields().forEach(line::putIfAbsent);
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private Judgement judgement(String answer) throws InterruptedException {
    JsonNode read;
    try {
      read = JSON.readTree(answer);
    } catch (JsonProcessingException e) {
      throw unfit(answer);
    }
    List<String> named = FORMS.stream().filter(read::has).toList();
    if (named.size() != 1) {
      throw unfit(answer);
    }
    JsonNode value = read.get(named.get(0));
    return switch (named.get(0)) {
      case TOKEN_REWARDS -> Judgement.ofTokens(numbers(value, answer));
      case LINE_REWARDS -> Judgement.ofLines(numbers(value, answer));
      default -> Judgement.of(value.isNull() ? Double.NaN : number(value, answer));
    };
  }

  private double[] numbers(JsonNode list, String answer) throws InterruptedException {
    if (!list.isArray()) {
      throw unfit(answer);
    }
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(list.get(i), answer);
    }
    return numbers;
  }

  private double number(JsonNode value, String answer) throws InterruptedException {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw unfit(answer);
    }
    return value.doubleValue();
  }

  private UserException unfit(String answer) throws InterruptedException {
    return fault(
        "answered '"
            + shortened(answer)
            + "' instead of a line {\"score\": number or null}, {\"token_rewards\": [numbers]} or"
            + " {\"line_rewards\": [numbers]}",
        running.lastWords());
  }

  private static String shortened(String answer) {
    return answer.length() > SHOWN ? answer.substring(0, SHOWN) + "…" : answer;
  }

  private UserException fault(String what, String lastWords) {
    return new UserException("--reward command: '" + command + "' " + what + lastWords);
  }

  private void stop() {
    foreseen.clear();
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
