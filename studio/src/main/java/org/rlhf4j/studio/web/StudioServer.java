package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.net.URI;
import java.util.Optional;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.talk.Replies;

/** The studio's server. */
public final class StudioServer implements AutoCloseable {

  /** A verdict with an edited reply, or a message: nothing longer is taken. */
  private static final long LONGEST_REQUEST = 1 << 20;

  /**
   * Where the server listens.
   *
   * @param host a name or an address of this machine
   * @param port 0 takes a free one
   * @param publicUrl the address of a proxy in front, or empty
   */
  public record Listening(String host, int port, Optional<URI> publicUrl) {}

  private final Javalin server;
  private final Closing closing = new Closing();
  private final Guard guard = new Guard();
  private final String host;

  private StudioServer(
      Listening where,
      WatchedRuns runs,
      Labels labels,
      Optional<Replies> replies,
      Optional<CircleParts> circle) {
    host = where.host();
    server = Javalin.create(config -> configure(config, where, runs, labels, replies, circle));
  }

  /** Starts to serve a studio that knows no reward models. */
  public static StudioServer start(
      Listening where, WatchedRuns runs, Labels labels, Optional<Replies> replies) {
    return start(where, runs, labels, replies, Optional.empty());
  }

  /**
   * Starts to serve.
   *
   * @param where the address
   * @param runs what is watched
   * @param labels what is labelled
   * @param replies of the model to talk with, if there is one
   * @param circle what holds reward models against labels, if there is such a thing
   * @return the running server
   * @throws UserException if it can't listen there
   */
  public static StudioServer start(
      Listening where,
      WatchedRuns runs,
      Labels labels,
      Optional<Replies> replies,
      Optional<CircleParts> circle) {
    StudioServer studio = new StudioServer(where, runs, labels, replies, circle);
    try {
      studio.server.start();
    } catch (JavalinBindException e) {
      throw new UserException(
          where.host()
              + ":"
              + where.port()
              + ": can't be listened on; something else does, or the address isn't this machine's;"
              + " choose another --port or --host",
          e);
    }
    studio.guard.admit(where.host(), studio.server.port(), false, where.publicUrl());
    return studio;
  }

  private void configure(
      JavalinConfig config,
      Listening where,
      WatchedRuns runs,
      Labels labels,
      Optional<Replies> replies,
      Optional<CircleParts> circle) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.jetty.host = where.host();
    config.jetty.port = where.port();
    config.http.maxRequestSize = LONGEST_REQUEST;
    config.routes.before(guard);
    Answers.onErrors(config.routes);
    PageFiles files = new PageFiles();
    config.routes.get("/", files::page);
    config.routes.get("/files/{name}", files::file);
    config.routes.get("/api/state", request -> state(request, replies, circle));
    new RunRoutes(runs, closing).addTo(config.routes);
    new LabelRoutes(labels).addTo(config.routes);
    replies.ifPresent(model -> new TalkRoutes(labels, model).addTo(config.routes));
    circle.ifPresent(parts -> new CircleRoutes(labels, parts).addTo(config.routes));
    circle.ifPresent(parts -> new TrainingRoutes(labels, parts, runs).addTo(config.routes));
  }

  private void state(Context request, Optional<Replies> replies, Optional<CircleParts> circle) {
    ObjectNode state = Answers.object().put("token", guard.token());
    state.put("model", replies.map(Replies::name).orElse(null));
    state.put("circle", circle.isPresent());
    Answers.send(request, state);
  }

  /** The address to open. */
  public URI address() {
    return URI.create("http://" + host + ":" + server.port() + "/");
  }

  @Override
  public void close() {
    closing.close();
    server.stop();
  }
}
