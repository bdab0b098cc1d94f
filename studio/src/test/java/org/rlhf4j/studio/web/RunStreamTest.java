package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.runs.WatchedRun;
import org.rlhf4j.studio.runs.WatchedRuns;

class RunStreamTest {

  private record Event(String name, JsonNode data, String id) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path root;
  private final List<Event> events = new ArrayList<>();
  private List<WatchedRun> runs;

  @BeforeEach
  void twoRuns() throws IOException {
    steps("a", 1, 3);
    steps("b", 1, 2);
    runs = List.copyOf(new WatchedRuns(root).find().values());
  }

  private void steps(String run, int from, int to) throws IOException {
    Path file = Files.createDirectories(root.resolve(run)).resolve("metrics.jsonl");
    for (int step = from; step <= to; step++) {
      Files.writeString(
          file,
          "{\"step\":" + step + ",\"loss\":" + step + "}\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }

  private RunStream stream(String from) {
    events.clear();
    return new RunStream(
        runs, from, (name, data, id) -> events.add(new Event(name, JSON.readTree(data), id)));
  }

  private List<Integer> stepsOf(int run) {
    List<Integer> steps = new ArrayList<>();
    for (Event event : events) {
      if (event.data().path("run").intValue() == run && event.data().has("steps")) {
        event.data().get("steps").forEach(step -> steps.add(step.intValue()));
      }
    }
    return steps;
  }

  @Test
  void allIsSentOnceAndThenWhatIsNew() throws IOException {
    RunStream stream = stream("");
    assertThat(stream.send()).isTrue();
    assertThat(events.stream().map(Event::name))
        .containsExactly("series", "state", "series", "state");
    assertThat(stream.send()).isFalse();
    steps("b", 3, 4);
    stream.send();
    assertThat(stepsOf(0)).containsExactly(1, 2, 3);
    assertThat(stepsOf(1)).containsExactly(1, 2, 3, 4);
  }

  /** A connection breaks after any event; whoever comes back with its id misses nothing. */
  @Test
  void aBrokenConnectionGoesOnWithoutAGap() throws IOException {
    RunStream first = stream("");
    first.send();
    String afterTheFirstRun = events.get(1).id();
    String afterBoth = events.get(3).id();
    steps("a", 4, 6);
    stream(afterBoth).send();
    assertThat(stepsOf(0)).containsExactly(4, 5, 6);
    assertThat(stepsOf(1)).isEmpty();
    stream(afterTheFirstRun).send();
    assertThat(stepsOf(0)).containsExactly(4, 5, 6);
    assertThat(stepsOf(1)).containsExactly(1, 2);
  }

  /** The studio was started again, or the id is nonsense: all of it is sent anew. */
  @Test
  void anIdOfAnotherStudioBeginsAnew() throws IOException {
    stream("1:2:0,1:2:0").send();
    assertThat(stepsOf(0)).containsExactly(1, 2, 3);
    stream("'; drop table run").send();
    assertThat(stepsOf(0)).containsExactly(1, 2, 3);
  }

  /** Two pages look at the same run: what one has read the other still gets. */
  @Test
  void pagesDontTakeStepsFromEachOther() throws IOException {
    RunStream one = stream("");
    one.send();
    List<Event> others = new ArrayList<>();
    RunStream other =
        new RunStream(
            runs, "", (name, data, id) -> others.add(new Event(name, JSON.readTree(data), id)));
    other.send();
    steps("a", 4, 4);
    other.send();
    events.clear();
    one.send();
    assertThat(stepsOf(0)).containsExactly(4);
  }

  /** A page never keeps more than three times the points of a curve. */
  @Test
  void aLongStreamIsThinnedAgain() throws IOException {
    RunStream stream = stream("");
    stream.send();
    steps("a", 4, 3001);
    stream.send();
    assertThat(events.get(events.size() - 1).name()).isEqualTo("steps");
    steps("a", 3002, 3010);
    stream.send();
    Event last = events.get(events.size() - 1);
    assertThat(last.name()).isEqualTo("series");
    assertThat(last.data().get("steps")).hasSizeLessThanOrEqualTo(1500);
    assertThat(last.data().get("lastStep").intValue()).isEqualTo(3010);
  }

  @Test
  void newSamplesAreTold() throws IOException {
    RunStream stream = stream("");
    stream.send();
    Files.writeString(root.resolve("b/samples.jsonl"), "{\"step\":0}\n");
    events.clear();
    stream.send();
    assertThat(events).extracting(Event::name).containsExactly("samples");
    assertThat(events.get(0).data().get("run").intValue()).isEqualTo(1);
  }
}
