package org.rlhf4j.rollout.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.rollout.server.ServedPolicy;
import org.rlhf4j.settings.UserException;

/** Lets servers sample, by what was published to them last; perhaps before it is asked for. */
public final class ServedSampler implements Sampler {
  private final ServedPolicy served;
  private final Map<SampleKey, Future<Sampled>> ahead = new HashMap<>();

  /**
   * A sampler.
   *
   * @param served the policy; stays the caller's to close
   */
  public ServedSampler(ServedPolicy served) {
    this.served = served;
  }

  /**
   * Begins to sample what is going to be asked for.
   *
   * @param requests as they will be given
   */
  void begin(List<GenerationRequest> requests) {
    for (GenerationRequest request : requests) {
      for (SampleKey key : request.keys()) {
        ahead.computeIfAbsent(key, one -> served.sample(request.prompt(), one));
      }
    }
  }

  @Override
  public void sample(List<GenerationRequest> requests, SamplingListener listener) {
    begin(requests);
    List<Future<Sampled>> pending = new ArrayList<>();
    for (GenerationRequest request : requests) {
      request.keys().forEach(key -> pending.add(ahead.remove(key)));
    }
    try {
      int next = 0;
      for (int r = 0; r < requests.size(); r++) {
        for (int number = 0; number < requests.get(r).keys().size(); number++) {
          listener.finished(r, number, completed(pending.get(next++)));
        }
      }
    } finally {
      pending.forEach(one -> one.cancel(true)); // no matter for those that are done
    }
  }

  private static Sampled completed(Future<Sampled> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException("interrupted while rollout servers sampled", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
