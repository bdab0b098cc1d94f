package org.rlhf4j.studio.circle;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.training.run.ContentHash;
import org.rlhf4j.training.run.FileFault;

/**
 * The reward models that a store knows. A model is known by its folder and the content of its
 * files, so what one set of weights scored is never taken for the scores of another.
 */
public final class RewardModels {

  private static final String OF_PROJECT =
      "SELECT * FROM reward_model WHERE (project_id = :project OR project_id IS NULL)";

  private static final RowMapper<RewardModel> MODEL =
      (row, context) ->
          new RewardModel(
              row.getLong("id"),
              row.getString("name"),
              Path.of(row.getString("folder")),
              row.getObject("training_id") == null ? null : row.getLong("training_id"),
              row.getLong("created"));

  private final Store store;
  private final Clock clock;

  /** The reward models of a store. */
  public RewardModels(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * A reward model that was made elsewhere; every project may be held against it.
   *
   * @param folder a model folder or a run
   * @return the model, known from then on
   * @throws UserException if it can't be read
   */
  public RewardModel brought(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    return put(whole, digest(whole), HubRepo.nameOf(folder), null, null);
  }

  /**
   * A reward model that a training has made. A project without one has it as its current one.
   *
   * @param project the number of the project whose labels it learnt from
   * @param training the training's number
   * @param name what it is called
   * @param folder its run
   * @return the model
   * @throws UserException if it can't be read
   */
  public RewardModel trained(long project, long training, String name, Path folder) {
    RewardModel model = put(folder, digest(folder), name, project, training);
    if (store.read(handle -> current(handle, project)).isEmpty()) {
      use(project, model);
    }
    return model;
  }

  private static String digest(Path folder) {
    try {
      return ContentHash.of(folder)
          .orElseThrow(() -> new UserException(folder + ": there is no reward model here"));
    } catch (IOException e) {
      throw new UserException(folder + ": can't be read (" + FileFault.reason(e) + ")", e);
    }
  }

  private RewardModel put(Path folder, String digest, String name, Long project, Long training) {
    return store.change(
        handle -> {
          handle
              .createUpdate(
                  "INSERT INTO reward_model (project_id, training_id, name, folder, digest, created)"
                      + " VALUES (:project, :training, :name, :folder, :digest, :now)"
                      + " ON CONFLICT (folder, digest) DO NOTHING")
              .bind("project", project)
              .bind("training", training)
              .bind("name", name)
              .bind("folder", folder.toString())
              .bind("digest", digest)
              .bind("now", clock.millis())
              .execute();
          return handle
              .createQuery("SELECT * FROM reward_model WHERE folder = :folder AND digest = :digest")
              .bind("folder", folder.toString())
              .bind("digest", digest)
              .map(MODEL)
              .one();
        });
  }

  /** Those that a project may be held against, the newest first. */
  public List<RewardModel> of(Project project) {
    return store.read(
        handle ->
            handle
                .createQuery(OF_PROJECT + " ORDER BY id DESC")
                .bind("project", project.id())
                .map(MODEL)
                .list());
  }

  /** One of those by its number. */
  public Optional<RewardModel> find(Project project, long id) {
    return store.read(
        handle ->
            handle
                .createQuery(OF_PROJECT + " AND id = :id")
                .bind("project", project.id())
                .bind("id", id)
                .map(MODEL)
                .findOne());
  }

  /** The one that a project's labels are held against, if one was chosen. */
  public Optional<RewardModel> current(Project project) {
    return store.read(handle -> current(handle, project.id()));
  }

  private static Optional<RewardModel> current(Handle handle, long project) {
    return handle
        .createQuery(
            "SELECT reward_model.* FROM current_reward_model JOIN reward_model"
                + " ON reward_model.id = current_reward_model.reward_model_id"
                + " WHERE current_reward_model.project_id = :project")
        .bind("project", project)
        .map(MODEL)
        .findOne();
  }

  /** Holds a project's labels against a model from now on. */
  public void use(Project project, RewardModel model) {
    use(project.id(), model);
  }

  private void use(long project, RewardModel model) {
    store.change(
        handle ->
            handle
                .createUpdate(
                    "INSERT INTO current_reward_model (project_id, reward_model_id)"
                        + " VALUES (:project, :model) ON CONFLICT (project_id)"
                        + " DO UPDATE SET reward_model_id = excluded.reward_model_id")
                .bind("project", project)
                .bind("model", model.id())
                .execute());
  }
}
