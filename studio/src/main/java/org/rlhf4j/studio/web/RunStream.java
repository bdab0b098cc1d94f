package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.rlhf4j.studio.runs.RunState;
import org.rlhf4j.studio.runs.WatchedRun;
import org.rlhf4j.studio.runs.WatchedRun.Position;

/**
 * The events of some runs for one page. {@code series} has all curves of a run, thinned; {@code
 * steps} the steps after what was sent before; {@code samples} says that there are new ones; {@code
 * state} that a run began or ended. The id of an event is the position of all runs after it, so a
 * page that comes back with the last id gets every step that it has missed, and none twice.
 */
final class RunStream {

  /** Between two looks at the files. */
  static final Duration PAUSE = Duration.ofMillis(500);

  private static final int POINTS = 6_000;
  private static final int POINTS_OF_A_RUN = 1_500;

  /** Takes an event: its name, its data, its id. */
  interface Sink {
    void send(String event, String data, String id) throws IOException;
  }

  private final List<WatchedRun> runs;
  private final List<Position> sent = new ArrayList<>();
  private final List<RunState> states = new ArrayList<>();

  /** Steps that were sent since the curves were thinned. */
  private final int[] added;

  private final Sink sink;
  private final int points;

  /**
   * Begins a stream.
   *
   * @param runs in the page's order
   * @param from the id of the last event that the page got, or empty
   * @param sink takes the events
   */
  RunStream(List<WatchedRun> runs, String from, Sink sink) {
    this.runs = List.copyOf(runs);
    this.sink = sink;
    points = Math.max(200, Math.min(POINTS_OF_A_RUN, POINTS / Math.max(1, runs.size())));
    added = new int[runs.size()];
    String[] positions = from.split(",");
    for (int i = 0; i < runs.size(); i++) {
      sent.add(positions.length == runs.size() ? Position.parse(positions[i]) : Position.START);
      states.add(null);
    }
  }

  /**
   * Sends what is new.
   *
   * @return whether anything was
   * @throws IOException if a run can't be read
   */
  boolean send() throws IOException {
    boolean any = false;
    for (int i = 0; i < runs.size(); i++) {
      RunState state = RunState.of(runs.get(i).folder());
      boolean news = sendMetrics(i, runs.get(i).read());
      if (state != states.get(i)) {
        states.set(i, state);
        emit("state", event(i).put("state", RunRoutes.name(state)));
        news = true;
      }
      any |= news;
    }
    return any;
  }

  private boolean sendMetrics(int i, Position now) throws IOException {
    Position before = sent.get(i);
    boolean another = before.generation() != now.generation() || before.rows() > now.rows();
    int news = now.rows() - before.rows();
    if (!another && news == 0 && now.samples() == before.samples()) {
      return false;
    }
    sent.set(i, now);
    if (another || added[i] + news > 2 * points) {
      added[i] = 0;
      emit("series", event(i).setAll(runs.get(i).series(now, points)));
    } else if (news > 0) {
      added[i] += news;
      emit("steps", event(i).setAll(runs.get(i).between(before, now)));
    }
    if (now.samples() != before.samples()) {
      emit("samples", event(i));
    }
    return true;
  }

  private ObjectNode event(int i) {
    WatchedRun run = runs.get(i);
    return Answers.object()
        .put("run", i)
        .put("lastStep", run.lastStep())
        .put("damaged", run.damaged());
  }

  private void emit(String name, JsonNode data) throws IOException {
    sink.send(
        name,
        data.toString(),
        sent.stream().map(Position::toString).collect(Collectors.joining(",")));
  }
}
