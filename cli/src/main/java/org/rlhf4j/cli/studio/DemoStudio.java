package org.rlhf4j.cli.studio;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.cli.demo.DemoFiles;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.studio.StudioSettings;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.NewItem;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.train.TrainingSettings;

/** The studio on the demo: its runs, its model, and fifty pairs that no stage has seen. */
final class DemoStudio {

  private static final Path RUNS = Path.of("runs");
  private static final Path DEMO = RUNS.resolve("demo");
  private static final String PROJECT = "demo";
  private static final int PAIRS = 50;
  private static final String COMPARISONS = "comparisons.csv";
  private static final int EPOCHS = 10;
  private static final double LEARNING_RATE = 5e-4;
  private static final double KEPT_SHARE = 0.1;

  private static final String GUIDELINES =
      """
      Somebody asks how to do a thing. **The kinder reply is better**; the longer one isn't.

      - Much better: one is warm, the other is cold.
      - Hardly better: you would not mind getting either.
      - Both bad: neither is kind.
      """;

  private DemoStudio() {}

  /**
   * Makes the demo's project, unless it is there.
   *
   * @param settings what was given; what was left as it is by default is the demo's
   * @param err takes what there is to say
   * @return the settings of the demo
   */
  static StudioSettings prepare(StudioSettings settings, PrintWriter err) throws IOException {
    Path runs = settings.runs().equals(RUNS) ? DEMO : settings.runs();
    boolean ownStore = settings.data().equals("studio");
    String data = ownStore ? runs.resolve("studio").toString() : settings.data();
    addPairs(data);
    ConfigBuilder<StudioSettings> demo =
        ConfigBuilder.copyOf(settings)
            .with(StudioSettings::runs, runs)
            .with(StudioSettings::data, data);
    demo = training(settings, runs, demo);
    Path model = runs.resolve("sft");
    if (settings.model() == null && Files.isDirectory(model.resolve("model"))) {
      demo = demo.with(StudioSettings::model, model);
      demo = demo.with(StudioSettings::messageForm, "Question: {} Reply:");
      demo = demo.with(StudioSettings::maxNewTokens, 48);
    } else if (settings.model() == null) {
      err.printf(
          "there is no run of the demo in %s; 'rlhf demo --quick' makes them in a minute%n", runs);
    }
    return demo.build();
  }

  /**
   * Labels are few and the model is small: many passes at a large rate. What it learns is judged on
   * the demo's comparisons, so that the figures of two trainings can be compared.
   */
  private static ConfigBuilder<StudioSettings> training(
      StudioSettings settings, Path runs, ConfigBuilder<StudioSettings> demo) {
    ConfigBuilder<StudioSettings> chosen = demo;
    if (settings.training().equals(TrainingSettings.USUAL)) {
      chosen =
          chosen
              .with(TrainingSettings::epochs, EPOCHS)
              .with(TrainingSettings::learningRate, LEARNING_RATE)
              .with(TrainingSettings::keptShare, KEPT_SHARE);
    }
    Path comparisons = runs.resolve("input").resolve(COMPARISONS);
    return settings.training().judgeData() == null && Files.exists(comparisons)
        ? chosen.with(TrainingSettings::judgeData, comparisons)
        : chosen;
  }

  private static void addPairs(String data) throws IOException {
    try (Store store = Store.open(data)) {
      Labels labels = new Labels(store, Clock.systemUTC());
      if (labels.projects().find(PROJECT).isPresent()) {
        return;
      }
      Project project = labels.projects().make(PROJECT);
      labels.items().add(project, pairs());
      labels.projects().change(project, GUIDELINES, 1);
    }
  }

  private static List<NewItem> pairs() throws IOException {
    Path file = Files.createTempFile("rlhf-demo", ".csv");
    try (InputStream in = DemoStudio.class.getResourceAsStream("/demo/" + DemoFiles.HELD_OUT)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      List<NewItem> items = new ArrayList<>();
      for (Comparison row : Rows.read(List.of(file), RowKind.COMPARISONS, OnBadRow.FAIL).rows()) {
        if (items.size() < PAIRS) {
          items.add(NewItem.unlabelled(row, "demo"));
        }
      }
      return items;
    } finally {
      Files.delete(file);
    }
  }
}
