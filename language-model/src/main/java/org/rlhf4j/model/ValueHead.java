package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;

/**
 * A scalar head on a language model's own trunk, V = w · h, without bias: a critic that shares the
 * policy's network. Its weights are apart from the model's, and on the host.
 */
public final class ValueHead implements AutoCloseable {
  private final Parameters parameters;
  private final int hidden;

  private ValueHead(Parameters parameters, int hidden) {
    this.parameters = parameters;
    this.hidden = hidden;
  }

  /**
   * A fresh head.
   *
   * @param model whose hidden states it reads
   * @param seed what it is drawn from, as {@link ScalarModel#from} draws one
   * @return the head, to be closed
   */
  public static ValueHead fresh(LanguageModel model, long seed) {
    List<ParameterSpec> specs = model.config().scalarModelParameters();
    List<ParameterSpec> head = List.of(specs.get(specs.size() - 1));
    int hidden = model.config().dimensions().hidden();
    return new ValueHead(Parameters.fresh(head, seed, Placement.HOST), hidden);
  }

  /** The weights. */
  public Parameters parameters() {
    return parameters;
  }

  /**
   * Values, differentiable by the states and by the head.
   *
   * @param states hidden states [M, C]
   * @return values [M]
   */
  public NDArray of(NDArray states) {
    NDArray column = parameters.list().get(0).reshape(hidden, 1);
    column.attach(states.getManager());
    return states.matMul(column).squeeze(1);
  }

  /**
   * Values before each completion token, without gradients.
   *
   * @param model the trunk
   * @param tokens packed prompts and completions
   * @return one per predicted token
   */
  public float[] values(LanguageModel model, PackedTokens tokens) {
    try (NDManager scope = parameters.manager().newSubManager()) {
      return of(states(model, tokens, scope)).toFloatArray();
    }
  }

  /**
   * Values after each completion's last token, without gradients.
   *
   * @param model the trunk
   * @param tokens packed prompts and completions
   * @return one per completion
   */
  public float[] lastValues(LanguageModel model, PackedTokens tokens) {
    try (NDManager scope = parameters.manager().newSubManager()) {
      Shape shape = new Shape(tokens.completions(), hidden);
      return of(scope.create(model.lastStates(tokens), shape)).toFloatArray();
    }
  }

  /** A model's hidden states at completion tokens [M, C], constants of a scope. */
  public NDArray states(LanguageModel model, PackedTokens tokens, NDManager scope) {
    return scope.create(model.states(tokens), new Shape(tokens.predicted(), hidden));
  }

  /** The trunk as it stands with this head: a critic of its own, to be closed. */
  public ScalarModel on(LanguageModel model) {
    return ScalarModel.of(model, this);
  }

  @Override
  public void close() {
    parameters.close();
  }
}
