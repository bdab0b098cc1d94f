package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.RewardEvaluation;

/** The reward model's page in a browser. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class RewardReportPageTest extends PageContract {

  private static final int PAIRS = 200;

  @BeforeAll
  static void makeThePage() throws IOException {
    List<TokenizedRow> rows = rows();
    List<float[]> careful = new ArrayList<>();
    List<float[]> hasty = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      careful.add(new float[] {i % 5 == 0 ? -1 : 0.5f + i % 7 / 3f, 0}); // 160 of 200
      hasty.add(new float[] {i % 2 == 0 ? -2 : 2, 0}); // 100 of 200
    }
    DataReport report = new DataReport.Builder(64, List.of()).build();
    page = folder.resolve("reward.html");
    RewardReport.write(
        List.of(
            new RewardReport.Judged(
                "careful", RewardEvaluation.of(rows, careful, report, List.of("source"))),
            new RewardReport.Judged(
                "hasty <i>one", RewardEvaluation.of(rows, hasty, report, List.of("source")))),
        Optional.of(RewardEvaluation.compare(rows, careful, hasty)),
        page);
  }

  /** Pairs of three sources and of many lengths, with texts that would break out of a page. */
  private static List<TokenizedRow> rows() {
    List<TokenizedRow> rows = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      String source = List.of("people", "model", WrittenRuns.HOSTILE).get(i % 3);
      Comparison comparison =
          new Comparison(
                  "Question " + i + WrittenRuns.HOSTILE,
                  " An answer." + WrittenRuns.HOSTILE,
                  " Another, which is rather long.".repeat(1 + i % 4),
                  0,
                  new Location("pairs.jsonl", i + 1, 1))
              .withColumns(Map.of("source", source));
      TokenTree tree =
          new TokenTree(new int[1 + i % 40], List.of(new int[1 + i % 11], new int[1 + i % 13]));
      rows.add(new TokenizedRow(tree, comparison, 0, 0));
    }
    return rows;
  }

  @Override
  String skipLink() {
    return "Skip to the verdict";
  }

  @Test
  void everySectionIsThere() {
    assertThat(browser.text("nav"))
        .isEqualTo("Verdict\nComparison\nCalibration\nMargins\nBreakdowns\nMistakes");
    assertThat(browser.text("#verdict .card"))
        .contains("It judges better than length alone", "80.0 %", "shuffled labels");
    assertThat(browser.text("#verdict .card:nth-child(2)"))
        .contains("hasty <i>one", "Not clearly better than chance", "50.0 %");
    // Both right where i is odd and not 5's multiple: 80; careful alone 80, hasty alone 20.
    assertThat(browser.text("#comparison"))
        .contains("careful is better", "80 pairs that it alone", "20 pairs that it alone")
        .contains("+30.0 points");
    assertThat(browser.text("#breakdowns")).contains("By source", "By prompt length");
    assertThat(browser.text("#breakdowns .readout")).contains("careful", "hasty <i>one");
    assertThat(browser.count("#margins figure")).isEqualTo(2);
  }

  @Test
  void textsAreNeverHtml() {
    assertThat(browser.evaluate("typeof window.broken").asText()).isEqualTo("undefined");
    assertThat(browser.count("img")).isZero();
    assertThat(browser.text("#mistakes .prompt")).isEqualTo("Question 0" + WrittenRuns.HOSTILE);
  }

  @Test
  void mistakesAreReadSideBySide() {
    assertThat(browser.count("#mistakes article")).isEqualTo(5);
    assertThat(browser.text("#mistakes article"))
        .contains("pairs.jsonl:1:1", "-1", "chosen by people", "preferred by the model");
    browser.evaluate("document.querySelector('#mistakes button').click()");
    assertThat(browser.count("#mistakes article")).isEqualTo(10);
    browser.evaluate(
        "(() => { const s = document.querySelector('#mistakes select');"
            + " s.value = '1'; s.dispatchEvent(new Event('change')); })()");
    assertThat(browser.text("#mistakes article")).contains("-2");
  }

  @Test
  void eachPlotHasItsTable() {
    browser.evaluate("document.querySelector('#breakdowns figure details').open = true");
    browser.frame();
    assertThat(browser.text("#breakdowns figure thead")).contains("source", "if longer");
    assertThat(browser.text("#breakdowns figure tbody tr")).contains("people", "careful", "67");
  }
}
