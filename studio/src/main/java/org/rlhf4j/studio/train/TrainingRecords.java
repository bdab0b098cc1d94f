package org.rlhf4j.studio.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/** The trainings that a store knows. */
final class TrainingRecords {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final RowMapper<Training> TRAINING = (row, context) -> training(row);

  private final Store store;
  private final Clock clock;

  TrainingRecords(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  private static Training training(ResultSet row) throws SQLException {
    String judged = row.getString("judged");
    return new Training(
        row.getLong("id"),
        row.getLong("project_id"),
        row.getString("machine"),
        Path.of(row.getString("folder")),
        Training.State.of(row.getString("state")),
        recipe(row.getString("recipe")),
        row.getInt("steps"),
        row.getString("labels"),
        row.getInt("learnt"),
        row.getInt("kept"),
        mark(row, "planner"),
        mark(row, "process"),
        row.getString("said"),
        judged == null ? null : Labelling.json(judged),
        row.getLong("created"),
        row.getObject("ended") == null ? null : row.getLong("ended"));
  }

  private static ProcessMark mark(ResultSet row, String whose) throws SQLException {
    return row.getObject(whose) == null
        ? null
        : new ProcessMark(row.getLong(whose), row.getLong(whose + "_began"));
  }

  private static Recipe recipe(String written) {
    try {
      return JSON.readValue(written, Recipe.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String written(Recipe recipe) {
    try {
      return JSON.writeValueAsString(recipe);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Adds a training that waits.
   *
   * @param project whose labels it learns from
   * @param machine where it will run
   * @param recipe how it goes
   * @param snapshot what it learns from
   * @param before the training that made the model it starts from, or null
   */
  Training add(Project project, String machine, Recipe recipe, Snapshot snapshot, Long before) {
    return store.change(
        handle -> {
          long id =
              handle
                  .createUpdate(
                      "INSERT INTO training (project_id, machine, folder, state, recipe, steps,"
                          + " labels, learnt, kept, said, created) VALUES (:project, :machine,"
                          + " :folder, 'waiting', :recipe, :steps, :labels, :learnt, :kept, '',"
                          + " :now)")
                  .bind("project", project.id())
                  .bind("machine", machine)
                  .bind("folder", snapshot.folder().toString())
                  .bind("recipe", written(recipe))
                  .bind("steps", recipe.steps(snapshot.learnt()))
                  .bind("labels", snapshot.labels())
                  .bind("learnt", snapshot.learnt())
                  .bind("kept", snapshot.kept())
                  .bind("now", clock.millis())
                  .executeAndReturnGeneratedKeys("id")
                  .mapTo(Long.class)
                  .one();
          addItems(handle, id, snapshot.items());
          addItemsOf(handle, id, before);
          return find(handle, id).orElseThrow();
        });
  }

  private static void addItems(Handle handle, long training, Set<Long> items) {
    PreparedBatch batch =
        handle.prepareBatch(
            "INSERT INTO training_item (training_id, item_id) VALUES (:training, :item)");
    items.forEach(item -> batch.bind("training", training).bind("item", item).add());
    batch.execute();
  }

  /** What the model that it starts from has learnt from isn't new to it either. */
  private static void addItemsOf(Handle handle, long training, Long before) {
    handle
        .createUpdate(
            "INSERT INTO training_item (training_id, item_id)"
                + " SELECT :training, item_id FROM training_item WHERE training_id = :before"
                + " AND item_id NOT IN"
                + " (SELECT item_id FROM training_item WHERE training_id = :training)")
        .bind("training", training)
        .bind("before", before)
        .execute();
  }

  private static Optional<Training> find(Handle handle, long id) {
    return handle
        .createQuery("SELECT * FROM training WHERE id = :id")
        .bind("id", id)
        .map(TRAINING)
        .findOne();
  }

  /** Those of a project, the newest first. */
  List<Training> of(Project project) {
    return store.read(
        handle ->
            handle
                .createQuery("SELECT * FROM training WHERE project_id = :project ORDER BY id DESC")
                .bind("project", project.id())
                .map(TRAINING)
                .list());
  }

  /** Those of a machine in a state, in the order in which they were asked for. */
  List<Training> in(Training.State state, String machine) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT * FROM training WHERE state = :state AND machine = :machine ORDER BY id")
                .bind("state", state.written())
                .bind("machine", machine)
                .map(TRAINING)
                .list());
  }

  /** The project of a training. */
  String projectName(Training training) {
    return store.read(
        handle ->
            handle
                .createQuery("SELECT name FROM project WHERE id = :id")
                .bind("id", training.project())
                .mapTo(String.class)
                .one());
  }

  /**
   * Takes a training from one state to another, unless somebody else was faster.
   *
   * @return whether it is in the new state now by this
   */
  boolean move(Training training, Training.State to, String said) {
    return store.change(
            handle ->
                handle
                    .createUpdate(
                        "UPDATE training SET state = :to, said = :said, ended = :ended"
                            + " WHERE id = :id AND state = :from")
                    .bind("to", to.written())
                    .bind("said", said)
                    .bind("ended", isOver(to) ? clock.millis() : null)
                    .bind("id", training.id())
                    .bind("from", training.state().written())
                    .execute())
        > 0;
  }

  /**
   * Lets a studio begin the training that waits longest, unless one runs on the machine already. Of
   * several studios one gets it.
   *
   * @param planner the process of the studio
   * @return the training, which runs now; empty if there is nothing to begin
   */
  Optional<Training> begin(String machine, ProcessMark planner) {
    return store.change(
        handle -> {
          handle
              .createUpdate(
                  "INSERT INTO training_turn (machine, count) VALUES (:machine, 1)"
                      + " ON CONFLICT (machine) DO UPDATE SET count = training_turn.count + 1")
              .bind("machine", machine)
              .execute();
          return handle
              .createQuery(
                  "UPDATE training SET state = 'running', said = '', ended = NULL, process = NULL,"
                      + " process_began = NULL, planner = :planner, planner_began = :began"
                      + " WHERE id = (SELECT MIN(id) FROM training WHERE state = 'waiting'"
                      + " AND machine = :machine) AND NOT EXISTS (SELECT 1 FROM training AS other"
                      + " WHERE other.state = 'running' AND other.machine = :machine)"
                      + " RETURNING *")
              .bind("planner", planner.number())
              .bind("began", planner.began())
              .bind("machine", machine)
              .map(TRAINING)
              .findOne();
        });
  }

  private static boolean isOver(Training.State state) {
    return state != Training.State.WAITING && state != Training.State.RUNNING;
  }

  /** Keeps which process runs a training. */
  void keep(Training training, ProcessMark process) {
    store.change(
        handle ->
            handle
                .createUpdate(
                    "UPDATE training SET process = :process, process_began = :began WHERE id = :id")
                .bind("process", process.number())
                .bind("began", process.began())
                .bind("id", training.id())
                .execute());
  }

  /** Keeps how its model does on the pairs that it was judged on. */
  void keep(Training training, JsonNode judged) {
    store.change(
        handle ->
            handle
                .createUpdate("UPDATE training SET judged = :judged WHERE id = :id")
                .bind("judged", judged.toString())
                .bind("id", training.id())
                .execute());
  }

  /** A training as it is now. */
  Training again(Training training) {
    return store
        .read(handle -> find(handle, training.id()))
        .orElseThrow(() -> new UserException("the training isn't there any more"));
  }
}
