package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.weights.Parameters;

/** What expects the returns: a network of its own, or a head on the policy's trunk. */
public interface Critic extends AutoCloseable {

  /** The names that {@code --critic} takes. */
  enum Kind {
    /** {@link SeparateCritic}. */
    SEPARATE,
    /** {@link SharedCritic}. */
    SHARED
  }

  /**
   * Values before each completion token, without gradients.
   *
   * @return one per predicted token
   */
  float[] values(PackedTokens tokens);

  /**
   * Values after each completion's last token, without gradients.
   *
   * @return one per completion
   */
  float[] lastValues(PackedTokens tokens);

  /**
   * Adds a weighted loss's gradient to the critic's own weights, and to no others.
   *
   * @param tokens a micro-batch
   * @param weight what the loss is multiplied by
   * @param loss a scalar made from the values [M] and arrays of the manager
   * @return the loss, unweighted
   */
  float accumulate(
      PackedTokens tokens, double weight, BiFunction<NDArray, NDManager, NDArray> loss);

  /**
   * Values [M] in a pass of the policy, whose loss the value loss is then a part of.
   *
   * @param pass the policy's
   * @return of a critic on the policy's trunk its values, of one of its own nothing
   */
  Optional<NDArray> valuesIn(LogprobPass pass);

  /**
   * Clips the gradients of the critic's own weights and updates these.
   *
   * @param step whose learning rate is used, from 1
   * @return the gradients' norm before clipping
   */
  double update(int step);

  /** Looks at the weights of the critic's own, none of which may be NaN or infinite. */
  void requireFinite();

  /** Writes weights and optimizer state of the critic's own. */
  void saveCheckpoint(Path folder) throws IOException;

  /** Takes over what {@link #saveCheckpoint} wrote. */
  void loadCheckpoint(Path folder);

  /** The critic as a model of its own, to be closed. */
  ScalarModel toModel();

  /** What is trained of it alone: its own network's weights, or the head's. */
  Parameters parameters();

  @Override
  void close();
}
