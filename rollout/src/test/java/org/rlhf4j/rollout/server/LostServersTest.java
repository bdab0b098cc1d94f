package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.FakeRolloutServer.Reply;

/** Servers that fail while a run samples. */
class LostServersTest extends ServedPolicyFixture {

  /** It dies with requests in work; they are the others' then, and nothing else changes. */
  @Test
  void aKilledServerCostsItsRequestsAndNothingElse() throws Exception {
    List<Sampled> undisturbed;
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      undisturbed = sample(served, 20);
    }
    AtomicBoolean dead = new AtomicBoolean();
    second.answers(
        request -> {
          boolean kills = request.path().equals("/v1/completions") && dead.get();
          return kills ? Optional.of(Reply.BROKEN) : Optional.empty();
        });
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      dead.set(true);
      List<Sampled> all = sample(served, 20);
      assertThat(all).hasSameSizeAs(undisturbed);
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).ids()).containsExactly(undisturbed.get(i).ids());
      }
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
      // It is asked for nothing at the next step while it is away, and serves again when back.
      second.answers(request -> Optional.of(Reply.BROKEN));
      served.publish(1);
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
      assertThat(sample(served, 3)).hasSize(3);
      second.answers(request -> Optional.empty());
      served.publish(2);
      assertThat(served.metrics().get("servers_lost")).hasValue(0);
      assertThat(second.adapters().get(second.adapters().size() - 1)).startsWith("-");
    }
  }

  @Test
  void aSlowServersRequestsAreMadeByTheOthersAfterTheDeadline() throws Exception {
    patience = Duration.ofSeconds(2);
    CountDownLatch end = new CountDownLatch(1);
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      second.answers(
          request -> {
            try {
              end.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Optional.of(Reply.BROKEN);
          });
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    } finally {
      end.countDown();
    }
  }

  /** As one that was started again. */
  @Test
  void aServerThatForgotTheAdapterIsLeftOut() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      Optional<Reply> unknown = Reply.error(404, "The model does not exist.");
      second.answers(request -> at(request, "/v1/completions", unknown));
      assertAreThePolicys(sample(served, 6));
      assertThat(served.metrics().get("servers_lost")).hasValue(1);
    }
  }

  @Test
  void whereNoServerIsLeftTheRunEndsWithEachReason() throws Exception {
    try (ServedPolicy served = open(server, second)) {
      served.publish(0);
      server.answers(request -> Optional.of(Reply.BROKEN));
      second.answers(request -> Reply.error(500, "out of memory"));
      assertThatThrownBy(() -> sample(served, 6))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("no rollout server is left: ")
          .hasMessageContaining(server.address() + " the connection broke")
          .hasMessageContaining(second.address() + " answers 500: \"out of memory\"")
          .hasMessageEndingWith("; start them again and continue with --resume");
      assertThatThrownBy(() -> served.publish(1))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("no rollout server is left: ");
    }
  }

  @Test
  void aRefusedCompletionEndsTheRun() throws Exception {
    try (ServedPolicy served = open(server)) {
      served.publish(0);
      server.answers(request -> Reply.error(400, "max_tokens is too large"));
      assertThatThrownBy(() -> sample(served, 1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("refuses a completion (answers 400: \"max_tokens is too large\")");
    }
  }
}
