package org.rlhf4j.cli.studio;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.command.TokenChoiceSettings;
import org.rlhf4j.data.RowSettings;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.label.Items;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.NewItem;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;

/** Samples what is to be labelled. */
@Command(
    name = "sample",
    description = {
      "Sample completions of prompts from a model into a project of the studio.",
      "Two of a prompt are a pair, more are a ranking. Completions that are alike are sampled again."
    })
public final class SampleCommand extends SettingsCommand<SampleCommand.SampleSettings> {

  private static final int ROUNDS = 4;
  private static final int PROMPTS = 32;
  private static final int ROWS = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What {@code rlhf studio sample} takes.
   *
   * @param model what is sampled from
   * @param rows the prompts
   * @param project where to
   * @param samples completions of each prompt
   * @param maxNewTokens the most tokens of a completion, EOS included
   * @param choice how each next token is chosen
   * @param store the store that has the project
   * @param machine device, threads and seed
   */
  record SampleSettings(
      @Setting(
              help = "Language model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path model,
      RowSettings rows,
      @Setting(help = "Project that the completions are added to.", required = true) String project,
      @Setting(
              help = "Distinct completions of each prompt.",
              defaultValue = "2",
              group = "Sampling")
          int samples,
      @Setting(
              help = "Most tokens of a completion, EOS included.",
              defaultValue = "128",
              group = "Sampling")
          int maxNewTokens,
      TokenChoiceSettings choice,
      StoreSettings store,
      MachineSettings machine) {

    SampleSettings {
      Limits.between("samples", 2, 16, samples);
      Limits.positive("max-new-tokens", maxNewTokens);
    }
  }

  public SampleCommand() {
    super(SampleSettings.class);
  }

  @Override
  protected void run(SampleSettings chosen) {
    Rows<PromptRow> rows = chosen.rows().read(RowKind.PROMPTS);
    try (LanguageModel model = LanguageModel.load(chosen.model(), chosen.machine().format());
        Store store = Store.open(chosen.store().store())) {
      Labels labels = new Labels(store, Clock.systemUTC());
      Project project = labels.projects().make(chosen.project());
      RowTokenizer tokenizer =
          new RowTokenizer(model.tokenizer(), model.config().dimensions().positions());
      List<TokenizedPrompt> prompts = tokenizer.tokenizePrompts(rows, chosen.maxNewTokens()).rows();
      List<NewItem> items = new ArrayList<>();
      for (int from = 0; from < prompts.size(); from += PROMPTS) {
        int to = Math.min(prompts.size(), from + PROMPTS);
        items.addAll(sample(chosen, model, prompts.subList(from, to), from));
      }
      Items.Added added = labels.items().add(project, items);
      added.lines().forEach(err()::println);
      say(rows.rows().size() - prompts.size(), "prompts left out: they are empty or leave no room");
      say(prompts.size() - items.size(), "prompts left out: too few distinct completions");
      say(rows.bad().size(), "bad rows left out");
    }
  }

  private void say(int count, String what) {
    if (count > 0) {
      err().printf(Locale.ROOT, "%,d %s%n", count, what);
    }
  }

  private List<NewItem> sample(
      SampleSettings chosen, LanguageModel model, List<TokenizedPrompt> prompts, int first) {
    List<Set<String>> distinct = new ArrayList<>();
    prompts.forEach(prompt -> distinct.add(new LinkedHashSet<>()));
    for (int round = 0; round < ROUNDS; round++) {
      List<Integer> wanting =
          IntStream.range(0, prompts.size())
              .filter(i -> distinct.get(i).size() < chosen.samples())
              .boxed()
              .toList();
      if (wanting.isEmpty()) {
        break;
      }
      int from = round * chosen.samples();
      List<GenerationRequest> requests =
          wanting.stream().map(i -> request(chosen, prompts.get(i), first + i, from)).toList();
      List<List<Sampled>> sampled =
          Generator.generate(
              model,
              chosen.choice().sampling(chosen.maxNewTokens()),
              model.tokenizer().stopIds(),
              requests,
              ROWS);
      for (int i = 0; i < wanting.size(); i++) {
        Set<String> of = distinct.get(wanting.get(i));
        sampled.get(i).forEach(one -> of.add(model.tokenizer().decodeContinuation(one.ids())));
      }
    }
    return IntStream.range(0, prompts.size())
        .filter(i -> distinct.get(i).size() >= chosen.samples())
        .mapToObj(i -> item(chosen, prompts.get(i).row(), distinct.get(i)))
        .toList();
  }

  private static GenerationRequest request(
      SampleSettings chosen, TokenizedPrompt prompt, int index, int from) {
    return new GenerationRequest(
        prompt.ids(),
        IntStream.range(from, from + chosen.samples())
            .mapToObj(i -> new SampleKey(chosen.machine().seed(), 0, index, i))
            .toList());
  }

  private static NewItem item(SampleSettings chosen, PromptRow row, Set<String> completions) {
    ArrayNode list = JSON.createArrayNode();
    completions.stream().limit(chosen.samples()).forEach(list::add);
    return NewItem.sampled(row, list, "sampled from " + chosen.model());
  }
}
