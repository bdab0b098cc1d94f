package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.agreement.Agreement;
import org.rlhf4j.studio.label.Annotators;
import org.rlhf4j.studio.label.Answer;
import org.rlhf4j.studio.label.Gold;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Votes;
import org.rlhf4j.studio.review.GoldAccuracy;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.training.run.RunDirectory;

/**
 * Simulated labellers in a studio, over pairs whose truth is known: how often gold items find out
 * the careless and the contrary one, how often they accuse somebody else, and what the page says of
 * everybody.
 */
public final class LabellerBench {

  private static final ObjectMapper JSON = new ObjectMapper();

  private LabellerBench() {}

  /**
   * Its options.
   *
   * @param seeds how often all of it is done
   * @param rounds after each of which the page is looked at
   * @param items that each labeller gets in a round, of which a tenth are gold
   */
  record Options(
      @Setting(help = "How often all of it is done.", defaultValue = "20") int seeds,
      @Setting(help = "How often the page is looked at.", defaultValue = "4") int rounds,
      @Setting(help = "Items of each labeller before each look.", defaultValue = "100") int items) {
    Options {
      Limits.positive("seeds", seeds);
      Limits.positive("rounds", rounds);
      Limits.positive("items", items);
    }
  }

  /** What a labeller is like. */
  private enum Kind {
    WRONG_IN_5_PERCENT(0.05),
    WRONG_IN_20_PERCENT(0.2),
    /** Half of the time it is what stands on the left. */
    LOOKS_LEFT(0.05),
    /** Half of the time it is the longer one. */
    LIKES_LENGTH(0.05),
    CARELESS(0.5),
    CONTRARY(0.95);

    private final double wrong;

    Kind(double wrong) {
      this.wrong = wrong;
    }

    private int better(Random random, Labelling.Task task) {
      int good = task.item().completions().get(0).asText().startsWith("good") ? 0 : 1;
      boolean biased = random.nextBoolean();
      if (this == LOOKS_LEFT && biased) {
        return task.shown().get(0);
      }
      if (this == LIKES_LENGTH && biased) {
        String first = task.item().completions().get(0).asText();
        return first.length() > task.item().completions().get(1).asText().length() ? 0 : 1;
      }
      return random.nextDouble() < wrong ? 1 - good : good;
    }
  }

  /**
   * Prints one JSON line: for each kind, its shares for the left side and for the longer reply, and
   * after each look how many gold items it had answered and how often it was called careless or
   * contrary; and α of all.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, LabellerBench::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    Map<Kind, ObjectNode> told = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      ObjectNode node = line.putObject(kind.name().toLowerCase(Locale.ROOT));
      told.put(kind, node);
      for (String list : List.of("left", "longer", "gold", "careless", "contrary")) {
        node.putArray(list);
      }
    }
    ArrayNode alphas = line.putArray("alpha_of_choice");
    for (int seed = 0; seed < chosen.seeds(); seed++) {
      try (Simulation simulation = new Simulation(chosen, seed)) {
        simulation.run(told);
        alphas.add(simulation.agreement(told).alphaOfChoice());
      }
      System.err.printf(Locale.ROOT, "seed %d%n", seed);
    }
  }

  /** One studio with all labellers. */
  private static final class Simulation implements AutoCloseable {
    private final Options chosen;
    private final Random random;
    private final Path folder;
    private final Labels labels;
    private final Project project;

    Simulation(Options chosen, int seed) {
      this.chosen = chosen;
      random = new Random(seed);
      try {
        folder = Files.createTempDirectory("labellers");
        labels = new Labels(Store.open(folder.toString()), Clock.systemUTC());
        Project made = labels.projects().make("p");
        labels
            .items()
            .add(made, rows("completions", chosen.items() * chosen.rounds()), OnBadRow.FAIL);
        labels
            .items()
            .addGold(made, rows("chosen", chosen.items() * chosen.rounds() / 4), OnBadRow.FAIL);
        new Gold(labels.store()).change(made, Gold.USUAL_SHARE);
        project = labels.projects().change(made, "", Kind.values().length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Pairs of which one begins with "good", and of which either may be the longer one. */
    private RowFiles rows(String form, int count) throws IOException {
      List<String> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String good = "good " + "x".repeat(1 + random.nextInt(50));
        String bad = "bad " + "x".repeat(1 + random.nextInt(50));
        ObjectNode row = JSON.createObjectNode().put("prompt", form + " " + i);
        if (form.equals("chosen")) {
          row.put("chosen", good).put("rejected", bad);
        } else {
          row.putArray("completions").add(good).add(bad);
        }
        rows.add(row.toString());
      }
      Path file = folder.resolve(form + ".jsonl");
      Files.write(file, rows);
      return RowFiles.of(List.of(file), RowFormat.USUAL);
    }

    /** All label, and after each round the page is looked at. */
    void run(Map<Kind, ObjectNode> told) {
      for (int round = 0; round < chosen.rounds(); round++) {
        for (Kind kind : Kind.values()) {
          label(kind);
        }
        for (GoldAccuracy one : GoldAccuracy.of(labels.store(), project)) {
          ObjectNode node = told.get(Kind.valueOf(one.name()));
          count(node, "gold", round, one.answered());
          count(node, "careless", round, one.found().equals("careless") ? 1 : 0);
          count(node, "contrary", round, one.found().equals("contrary") ? 1 : 0);
        }
      }
    }

    private static void count(ObjectNode node, String list, int round, int more) {
      ArrayNode rounds = (ArrayNode) node.get(list);
      if (rounds.size() == round) {
        rounds.add(0);
      }
      rounds.set(round, rounds.get(round).intValue() + more);
    }

    private void label(Kind kind) {
      long annotator = new Annotators(labels.store(), Clock.systemUTC()).named(kind.name());
      Optional<Labelling.Task> task = labels.labelling().next(project, annotator);
      for (int i = 0; i < chosen.items() && task.isPresent(); i++) {
        ObjectNode answer =
            JSON.createObjectNode()
                .put("better", kind.better(random, task.get()))
                .put("strength", 1 + random.nextInt(Answer.STRONGEST));
        Labelling.Given given =
            new Labelling.Given(
                UUID.randomUUID().toString(),
                task.get().item().id(),
                Labelling.Act.ANSWER,
                answer,
                1);
        task = labels.labelling().take(project, annotator, given);
      }
    }

    /** What the page says of all of them together. */
    Agreement agreement(Map<Kind, ObjectNode> told) {
      Agreement agreement = Agreement.of(Votes.of(labels.store(), project));
      for (Agreement.OfAnnotator one : agreement.annotators()) {
        ObjectNode node = told.get(Kind.valueOf(one.name()));
        ((ArrayNode) node.get("left")).add(one.left());
        ((ArrayNode) node.get("longer")).add(one.longer());
      }
      return agreement;
    }

    @Override
    public void close() {
      labels.store().close();
      try {
        RunDirectory.delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
