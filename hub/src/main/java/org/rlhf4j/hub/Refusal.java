package org.rlhf4j.hub;

import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** What it means that the hub answers 400 or more, in one line. */
final class Refusal {

  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int TOO_MANY = 429;
  private static final Set<Integer> PASSING = Set.of(408, TOO_MANY, 500, 502, 503, 504);

  /** Such as {@code "api";r=0;t=55}: no request left, more in 55 seconds. */
  private static final Pattern RATE_LIMIT =
      Pattern.compile("r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,6})");

  private Refusal() {}

  /**
   * Reads a refusal.
   *
   * @return what the user can act on
   * @throws PassingFailure where another attempt may do
   */
  static UserException of(
      HubRepo repo, URI uri, HttpResponse<?> response, HubEnvironment environment)
      throws PassingFailure {
    int status = response.statusCode();
    if (PASSING.contains(status)) {
      String advice =
          status == TOO_MANY && environment.token().isEmpty()
              ? "wait some minutes, or set HF_TOKEN: the hub allows more requests with a token"
              : "wait some minutes and try again";
      throw new PassingFailure(
          uri + " answers " + status, advice, wait(response).orElse(null), null);
    }
    String reason = response.headers().firstValue("x-error-code").orElse("");
    String answer = " (" + uri + " answers " + status + ")";
    String who = environment.token().isPresent() ? "the token's account" : "you";
    return switch (reason) {
      case "GatedRepo" ->
          new UsageException(
              ("%s: only accounts that have accepted its terms may download it; accept them on %s"
                      + " and set HF_TOKEN to a token of that account%s")
                  .formatted(repo, repo.page(environment.endpoint()), answer));
      case "RevisionNotFound" ->
          new UsageException(
              "%s: it has no revision '%s'; name a branch, a tag or a commit%s"
                  .formatted(repo, repo.revision(), answer));
      case "EntryNotFound" ->
          new UsageException(repo + ": no such file there; check its path" + answer);
      default -> other(repo, status, answer, who);
    };
  }

  private static UserException other(HubRepo repo, int status, String answer, String who) {
    if (status == UNAUTHORIZED || status == NOT_FOUND) {
      return new UsageException(
          ("%s: there is no such folder here, and %s can see no such repository on the hub; check"
                  + " the name, and set HF_TOKEN if it is private%s")
              .formatted(repo, who, answer));
    }
    if (status == FORBIDDEN) {
      return new UsageException(
          "%s: the hub doesn't let %s read it; set HF_TOKEN to a token that may read it%s"
              .formatted(repo, who, answer));
    }
    return new UserException(
        repo + ": the hub refuses it; check the name and HF_ENDPOINT" + answer);
  }

  private static Optional<Duration> wait(HttpResponse<?> response) {
    Optional<String> seconds =
        response.headers().firstValue("retry-after").filter(text -> text.matches("\\d{1,6}"));
    if (seconds.isEmpty()) {
      Matcher limit = RATE_LIMIT.matcher(response.headers().firstValue("ratelimit").orElse(""));
      seconds = limit.find() ? Optional.of(limit.group(1)) : Optional.empty();
    }
    return seconds.map(Long::parseLong).map(Duration::ofSeconds);
  }
}
