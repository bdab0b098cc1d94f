package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.Optional;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.account.Attempts;
import org.rlhf4j.studio.account.Invitations;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.account.Sessions;
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
   * @param publicUrl the address that browsers know it by, or empty
   * @param certificate to speak TLS with, or empty
   */
  public record Listening(
      String host, int port, Optional<URI> publicUrl, Optional<Certificate> certificate) {

    /** Without TLS. */
    public Listening(String host, int port, Optional<URI> publicUrl) {
      this(host, port, publicUrl, Optional.empty());
    }

    /** Whether others than those who work on this machine may reach it. */
    public boolean isReachable() {
      try {
        return publicUrl.isPresent() || !InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException e) {
        return true;
      }
    }

    private boolean isSecure() {
      return certificate.isPresent()
          || publicUrl.filter(url -> url.getScheme().equals("https")).isPresent();
    }
  }

  private final Javalin server;
  private final Closing closing = new Closing();
  private final Accounts accounts;
  private final Entrance entrance;
  private final Guard guard;
  private final Listening where;

  private StudioServer(
      Listening where,
      WatchedRuns runs,
      Labels labels,
      Optional<Replies> replies,
      Optional<CircleParts> circle) {
    this.where = where;
    Clock clock = Clock.systemUTC();
    accounts = new Accounts(labels.store(), clock);
    entrance =
        new Entrance(
            accounts,
            new Sessions(labels.store(), clock),
            labels.annotator(),
            !where.isReachable(),
            where.isSecure());
    guard = new Guard(entrance);
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
    studio.entrance.listensOn(studio.server.port());
    studio.guard.admit(
        where.host(), studio.server.port(), where.certificate().isPresent(), where.publicUrl());
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
    where.certificate().ifPresent(certificate -> speakTls(config, certificate));
    config.http.maxRequestSize = LONGEST_REQUEST;
    config.routes.before(guard);
    config.routes.beforeMatched(Access::require);
    Answers.onErrors(config.routes);
    PageFiles files = new PageFiles();
    config.routes.get("/", files::page, Access.EVERYBODY);
    config.routes.get("/files/{name}", files::file, Access.EVERYBODY);
    config.routes.get("/api/state", request -> state(request, replies, circle), Access.EVERYBODY);
    new AccountRoutes(
            accounts,
            new Invitations(labels.store(), accounts, Clock.systemUTC()),
            new Attempts(Clock.systemUTC()),
            entrance)
        .addTo(config.routes);
    new RunRoutes(runs, closing, entrance).addTo(config.routes);
    new LabelRoutes(labels).addTo(config.routes);
    new ReviewRoutes(labels).addTo(config.routes);
    replies.ifPresent(model -> new TalkRoutes(labels, model).addTo(config.routes));
    circle.ifPresent(parts -> new CircleRoutes(labels, parts).addTo(config.routes));
    circle.ifPresent(parts -> new TrainingRoutes(labels, parts, runs).addTo(config.routes));
  }

  private void speakTls(JavalinConfig config, Certificate certificate) {
    config.jetty.addConnector(
        (jetty, http) -> {
          HttpConfiguration secure = new HttpConfiguration(http);
          secure.addCustomizer(new SecureRequestCustomizer(false)); // the guard looks at the name
          ServerConnector connector =
              new ServerConnector(
                  jetty,
                  new SslConnectionFactory(certificate.forJetty(), HttpVersion.HTTP_1_1.asString()),
                  new HttpConnectionFactory(secure));
          connector.setHost(where.host());
          connector.setPort(where.port());
          return connector;
        });
  }

  /** What a page has to know at first; a stranger learns that a login is needed. */
  private void state(Context request, Optional<Replies> replies, Optional<CircleParts> circle) {
    ObjectNode state = Answers.object().put("token", entrance.token(request));
    Optional<Visitor> visitor = Visitor.find(request);
    boolean alone = entrance.isAlone(request);
    state.put("model", visitor.flatMap(known -> replies).map(Replies::name).orElse(null));
    state.put("role", visitor.map(known -> known.role().written()).orElse(null));
    state.put("name", visitor.filter(known -> !alone).map(Visitor::name).orElse(null));
    state.put(
        "circle", circle.isPresent() && visitor.filter(one -> one.may(Role.REVIEWER)).isPresent());
    Answers.send(request, state);
  }

  /** The address to open. */
  public URI address() {
    String scheme = where.certificate().isPresent() ? "https://" : "http://";
    return URI.create(scheme + where.host() + ":" + server.port() + "/");
  }

  @Override
  public void close() {
    closing.close();
    server.stop();
  }
}
