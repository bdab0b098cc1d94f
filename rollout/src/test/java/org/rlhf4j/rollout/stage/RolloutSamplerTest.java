package org.rlhf4j.rollout.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

class RolloutSamplerTest {

  private static Metrics apart(double mean) {
    return new Metrics().put("behaviour_error_mean", mean);
  }

  /**
   * At 0.05 the copy goes on; above, the policy samples from the next step on, after a stop too.
   */
  @Test
  void aCopyThatIsTooFarIsLeft() {
    try (LanguageModel policy = TinyRollouts.policy(1);
        LanguageModel copy = policy.copyIn(Precision.BF16)) {
      RolloutSampler sampler = new RolloutSampler(policy, Optional.of(copy));
      assertThat(sampler.after(apart(0.05)).values()).isEqualTo(Map.of("sampler_bits", 16.0));
      assertThat(sampler.model()).isSameAs(copy);
      assertThat(sampler.after(apart(0.0501)).values()).isEqualTo(Map.of("sampler_bits", 16.0));
      assertThat(sampler.model()).isSameAs(policy);
      assertThat(sampler.after(new Metrics()).values()).isEqualTo(Map.of("sampler_bits", 32.0));
      RolloutSampler resumed = new RolloutSampler(policy, Optional.of(copy));
      assertThat(resumed.isCopy()).isTrue();
      resumed.restoreCounters(sampler.counters());
      assertThat(resumed.model()).isSameAs(policy);
    }
  }

  @Test
  void withoutACopyThePolicySamplesAndNothingIsKept() {
    try (LanguageModel policy = TinyRollouts.policy(1)) {
      RolloutSampler sampler = new RolloutSampler(policy, Optional.empty());
      assertThat(sampler.after(apart(1)).values()).isEmpty();
      assertThat(sampler.counters()).isEmpty();
      assertThat(sampler.model()).isSameAs(policy);
    }
  }
}
