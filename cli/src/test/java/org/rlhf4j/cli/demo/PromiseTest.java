package org.rlhf4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PromiseTest {

  private static final Promise.Figures GOOD = new Promise.Figures(0.95, 0.29, 0.81, 12, 0.3, 0.6);

  private static List<Boolean> kept(boolean quick, Promise.Figures figures) {
    return Promise.of(quick, figures).stream().map(Promise::kept).toList();
  }

  @Test
  void wholeDemo() {
    assertThat(kept(false, GOOD)).containsExactly(true, true, true, true);
    assertThat(kept(false, new Promise.Figures(0.94, 0.31, 0.95, 13, 0.3, 0.59)))
        .containsExactly(false, false, false, false);
    assertThat(kept(false, new Promise.Figures(0.95, 0.1, 0.79, 1, 0.3, 0.9)))
        .containsExactly(true, false, true, true);
  }

  @Test
  void quickDemoPromisesLess() {
    assertThat(kept(true, new Promise.Figures(0.91, 0.31, 0.52, 12, 0.3, 0.36)))
        .containsExactly(true, true, true, true);
    assertThat(kept(true, new Promise.Figures(0.89, 0.31, 0.5, 13, 0.3, 0.34)))
        .containsExactly(false, false, false, true);
  }

  @Test
  void aLineTellsWhatIsPromisedAndWhetherItIsKept() {
    assertThat(Promise.of(false, GOOD).get(1).line())
        .isEqualTo(
            "kind replies                      29.0 %    81.0 %   from under 30 % to over 80 %");
    assertThat(Promise.of(false, new Promise.Figures(0.5, 0, 0, 1, 0, 0)).get(0).line())
        .isEqualTo("held-out pairs ordered right                50.0 %   at least 95 %: NOT KEPT");
  }
}
