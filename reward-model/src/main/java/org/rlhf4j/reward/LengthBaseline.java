package org.rlhf4j.reward;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A judge that looks at length alone and knows which way to look: it prefers the longer completion,
 * or the shorter, whichever is right more often on these very pairs. A reward model that isn't
 * better may have learnt no more than length.
 *
 * @param prefers {@code longer} or {@code shorter}
 * @param accuracy how often it is right
 * @param pValue that of the {@link PairedTest} of the reward model against it
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record LengthBaseline(String prefers, @JsonUnwrapped Accuracy accuracy, double pValue) {

  static LengthBaseline of(List<JudgedPair> pairs) {
    boolean longer = Accuracy.of(pairs, JudgedPair::rightByLength).accuracy() >= 0.5;
    ToDoubleFunction<JudgedPair> judge =
        longer ? JudgedPair::rightByLength : pair -> 1 - pair.rightByLength();
    PairedTest test =
        PairedTest.of(
            pairs.stream().mapToDouble(JudgedPair::right).toArray(),
            pairs.stream().mapToDouble(judge).toArray());
    return new LengthBaseline(
        longer ? "longer" : "shorter", Accuracy.of(pairs, judge), test.pValue());
  }
}
