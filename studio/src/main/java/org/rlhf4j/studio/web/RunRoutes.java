package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.rlhf4j.report.Report;
import org.rlhf4j.report.RunHeading;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.runs.RunState;
import org.rlhf4j.studio.runs.WatchedRun;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.training.run.RunDirectory;

/** Runs: which there are, their curves as they grow, and what else the report shows of one. */
final class RunRoutes {

  /** Each stream has a thread of its own. */
  private static final int STREAMS = 64;

  private static final int RUNS_OF_A_STREAM = 40;

  private final WatchedRuns runs;
  private final Closing closing;
  private final Entrance entrance;
  private final Semaphore streams = new Semaphore(STREAMS);

  /** A report reads a run whole, so one is made at a time. */
  private final ReentrantLock reporting = new ReentrantLock();

  RunRoutes(WatchedRuns runs, Closing closing, Entrance entrance) {
    this.runs = runs;
    this.closing = closing;
    this.entrance = entrance;
  }

  void addTo(RoutesConfig routes) {
    routes.get("/api/runs", this::list, Access.REVIEWER);
    routes.get("/api/runs/report", this::report, Access.REVIEWER);
    routes.get("/api/runs/watch", this::watch, Access.REVIEWER);
    routes.post("/api/runs/stop", this::stop, Access.ADMIN);
  }

  private void list(Context request) throws IOException {
    ObjectNode answer = Answers.object().put("folder", runs.root().toString());
    ArrayNode list = answer.putArray("runs");
    for (Map.Entry<String, WatchedRun> run : runs.find().entrySet()) {
      Path folder = run.getValue().folder();
      ObjectNode node = list.addObject().put("id", run.getKey());
      node.put("state", name(RunState.of(folder)));
      node.put("changed", Files.getLastModifiedTime(folder.resolve("metrics.jsonl")).toMillis());
      addHeading(node, folder);
    }
    Answers.send(request, answer);
  }

  private static void addHeading(ObjectNode node, Path folder) {
    try {
      RunHeading heading = RunHeading.read(folder);
      node.put("stage", heading.stage()).put("group", heading.group());
    } catch (UserException e) {
      node.put("stage", "unknown")
          .put("group", RunHeading.groups().get(RunHeading.groups().size() - 1));
      node.put("fault", e.getMessage());
    }
  }

  static String name(RunState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private void report(Context request) throws IOException {
    WatchedRun run = named(request.queryParam("run"));
    reporting.lock();
    try {
      Answers.send(request, Report.data(run.folder()));
    } finally {
      reporting.unlock();
    }
  }

  /**
   * Asks as {@code rlhf stop} does; the trainer looks between its steps, and in a step where it
   * can.
   */
  private void stop(Context request) throws IOException {
    WatchedRun run = named(Answers.body(request).path("run").asText());
    RunDirectory.requestStop(run.folder());
    Answers.send(request, Answers.object());
  }

  private WatchedRun named(String id) throws IOException {
    return runs.named(id == null ? "" : id)
        .orElseThrow(() -> new Refused(404, "there is no such run in " + runs.root()));
  }

  private void watch(Context request) throws IOException {
    List<WatchedRun> watched = new ArrayList<>();
    for (String id : request.queryParams("run")) {
      watched.add(named(id));
    }
    if (watched.size() > RUNS_OF_A_STREAM) {
      throw new Refused(400, "at most " + RUNS_OF_A_STREAM + " runs are watched together");
    }
    if (!streams.tryAcquire()) {
      throw new Refused(503, "too many pages watch runs; close one");
    }
    try {
      stream(request, watched);
    } catch (IOException e) {
      // The page went away, or a run did; a page that is still there asks again.
    } finally {
      streams.release();
    }
  }

  private void stream(Context request, List<WatchedRun> watched) throws IOException {
    String last = request.header("Last-Event-ID");
    String from = last == null ? request.queryParam("from") : last;
    EventStream events = EventStream.answering(request);
    RunStream stream = new RunStream(watched, from == null ? "" : from, events::send);
    while (!closing.isClosed() && entrance.stillKnows(request)) {
      if (!stream.send()) {
        events.beat();
      }
      closing.await(RunStream.PAUSE);
    }
  }
}
