package org.rlhf4j.rollout.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.LoopSettings;

/** Prompts of messages, judged by a reward model that writes them otherwise than the policy. */
class ConversationRewardTest {
  private static final int EOS = 0;
  private static final int POSITIONS = 64;
  private static final int BUDGET = 4096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String POLICYS =
      "{% for m in messages %}{{ m.role }} {{ m.content }}\n{% endfor %}"
          + "{% if add_generation_prompt %}assistant {% endif %}";

  /** Closes the assistant's turns by EOS. */
  private static final String REWARDS =
      "{% for m in messages %}{% if m.role == 'system' %}#{{ m.content }}\n"
          + "{% elif m.role == 'user' %}Q:{{ m.content }}\n"
          + "{% else %}A:{{ m.content }}{{ eos_token }}\n{% endif %}{% endfor %}"
          + "{% if add_generation_prompt %}A:{% endif %}";

  private static final String TURNS =
      "[{'role': 'system', 'content': 'Be kind.'}, {'role': 'user', 'content': 'Hi'},"
          + " {'role': 'assistant', 'content': 'Yo.'}, {'role': 'user', 'content': 'And?'}]";

  /** {@link #TURNS} by {@link #REWARDS}, worked by hand. */
  private static final String REWARDS_PROMPT = "#Be kind.\nQ:Hi\nA:Yo.<|endoftext|>\nQ:And?\nA:";

  @TempDir private Path folder;
  private LanguageModel policy;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void load() throws IOException {
    policy = LanguageModel.fresh(ModelConfig.read(TinyRollouts.FOLDER), tokens("p", POLICYS), 5);
    opened.add(policy);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
  }

  /** The tiny tokenizer with a chat template, or with none where that is null. */
  private Tokenizer tokens(String name, String template) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(name));
    for (String file :
        List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
      Files.copy(TinyRollouts.FOLDER.resolve(file), copy.resolve(file));
    }
    if (template != null) {
      Files.writeString(copy.resolve("chat_template.jinja"), template);
    }
    return Tokenizer.load(copy);
  }

  /** The same with another hash. */
  private Tokenizer otherTokens(String name, String template) throws IOException {
    tokens(name, template).close();
    Path json = folder.resolve(name).resolve("tokenizer.json");
    Files.writeString(json, Files.readString(json) + "\n");
    return Tokenizer.load(folder.resolve(name));
  }

  private ScalarModel model(Tokenizer tokenizer) {
    LanguageModel base = LanguageModel.fresh(ModelConfig.read(TinyRollouts.FOLDER), tokenizer, 5);
    ScalarModel model = ScalarModel.from(base, 6);
    opened.addAll(List.of(model, base));
    return model;
  }

  private RewardModelReward reward(ScalarModel model) {
    return new RewardModelReward(model, policy.tokenizer(), BUDGET);
  }

  private static String quoted(String json) {
    return json.replace('\'', '"');
  }

  private Path rows(String... rows) throws IOException {
    return Files.write(folder.resolve("rows.jsonl"), List.of(rows));
  }

  /** A row's prompt as a run has it. */
  private TokenizedPrompt prompt(String row) throws IOException {
    return new RowTokenizer(policy.tokenizer(), POSITIONS)
        .tokenizePrompts(Rows.read(List.of(rows(quoted(row))), RowKind.PROMPTS, OnBadRow.FAIL), 8)
        .rows()
        .get(0);
  }

  private RolloutGroup group(String row, Completion... completions) throws IOException {
    return RolloutGroup.of(0, prompt(row), List.of(completions));
  }

  private Completion completion(int... ids) {
    String text = policy.tokenizer().decodeContinuation(ids);
    boolean ended = ids[ids.length - 1] == EOS;
    return new Completion(ids, ended, text, Double.NaN, null, null, null);
  }

  private Completion ended(String text) {
    int[] ids = ids(text);
    return completion(Arrays.copyOf(ids, ids.length + 1)); // 0 is EOS
  }

  private Completion cut(String text) {
    return completion(ids(text));
  }

  private int[] ids(String text) {
    return policy.tokenizer().encodeRaw(text);
  }

  private List<TokenTree> read(Tokenizer tokenizer, RolloutGroup group) {
    return reward(model(tokenizer)).trees(group).toList();
  }

  private String text(int[] ids) {
    return policy.tokenizer().decodeRaw(ids);
  }

  private String whole(TokenTree tree) {
    return text(tree.prompt()) + text(tree.completions().get(0));
  }

  /** What {@code rlhf evaluate} makes of a ranking. */
  private Tokenized<TokenizedRow> evaluated(ScalarModel model, String turns, List<String> answers)
      throws IOException {
    ObjectNode row = JSON.createObjectNode();
    row.set("prompt", JSON.readTree(quoted(turns)));
    for (String answer : answers) {
      ObjectNode turn = row.withArray("completions").addArray().addObject();
      turn.put("role", "assistant").put("content", answer);
    }
    return new RowTokenizer(model.tokenizer(), POSITIONS)
        .tokenize(Rows.read(List.of(rows(row.toString())), RowKind.COMPARISONS, OnBadRow.FAIL));
  }

  @Test
  void eachModelReadsTheMessagesByItsOwnTemplate() throws IOException {
    RolloutGroup group = group("{'messages': " + TURNS + "}", ended("No!"), ended("Yes."));
    assertThat(text(group.promptIds()))
        .isEqualTo("system Be kind.\nuser Hi\nassistant Yo.\nuser And?\nassistant ");
    for (Tokenizer tokenizer :
        List.of(tokens("template", REWARDS), otherTokens("tokenizer and template", REWARDS))) {
      List<TokenTree> read = read(tokenizer, group);
      assertThat(read).hasSize(1);
      assertThat(read.get(0).prompt()).containsExactly(ids(REWARDS_PROMPT));
      assertThat(read.get(0).completions())
          .containsExactly(ids("No!<|endoftext|>"), ids("Yes.<|endoftext|>"));
    }
  }

  @Test
  void aCutAnswerIsReadAsIfItHadEnded() throws IOException {
    RolloutGroup group = group("{'prompt': " + TURNS + "}", ended("No!"), cut("No!"), cut(" "));
    TokenTree read = read(tokens("template", REWARDS), group).get(0);
    assertThat(read.completions().get(1)).containsExactly(read.completions().get(0));
    assertThat(text(read.completions().get(1))).isEqualTo("No!<|endoftext|>");
    assertThat(text(read.completions().get(2))).isEqualTo(" <|endoftext|>");
  }

  /** Of a template that closes turns by words the end is appended to them, as in training. */
  @Test
  void anEndIsAppendedWhereTheTemplateWritesNone() throws IOException {
    RolloutGroup group = group("{'messages': [{'role': 'user', 'content': 'Hi'}]}", ended("No!"));
    TokenTree read =
        read(tokens("words", "{% for m in messages %}{{ m.content }}.{% endfor %}"), group).get(0);
    assertThat(whole(read)).isEqualTo("Hi.No!.<|endoftext|>");
  }

  @Test
  void scoresAreThoseOfTheEvaluation() throws IOException {
    ScalarModel model = model(otherTokens("reward", REWARDS));
    double[] scores =
        reward(model)
            .score(
                new Rollout(
                    List.of(group("{'messages': " + TURNS + "}", ended("No!"), cut("Yes.")))));
    Tokenized<TokenizedRow> pair = evaluated(model, TURNS, List.of("No!", "Yes."));
    float[] expected = Scorer.score(model, List.of(pair.rows().get(0).tree()), BUDGET).get(0);
    assertThat(scores).containsExactly(new double[] {expected[0], expected[1]}, within(1e-6));
    assertThat(RewardEvaluation.of(model, pair, BUDGET).marginMean())
        .isCloseTo(scores[0] - scores[1], within(1e-6));
    // The control: fed the text that the policy reads, as a prompt without messages is, it differs.
    TokenizedPrompt policys = prompt("{'messages': " + TURNS + "}");
    RolloutGroup text =
        new RolloutGroup(0, policys.row().prompt(), policys.ids(), null, List.of(ended("No!")));
    assertThat(reward(model).score(new Rollout(List.of(text)))[0])
        .isNotCloseTo(scores[0], within(1e-3));
  }

  @Test
  void ofTheSameTemplateItReadsTheIdsAsSampled() throws IOException {
    int[] letters = {ids("t")[0], ids("h")[0], ids("e")[0]};
    assertThat(ids("the")).hasSize(1); // by its text it would be another completion
    RolloutGroup group = group("{'messages': " + TURNS + "}", completion(letters));
    TokenTree read = read(tokens("same", POLICYS), group).get(0);
    assertThat(read.prompt()).containsExactly(group.promptIds());
    assertThat(read.completions().get(0)).containsExactly(letters[0], letters[1], letters[2], EOS);
  }

  /** A model without a template, or with a faulty one, still judges what isn't messages. */
  @Test
  void textNeedsNoTemplate() throws IOException {
    RolloutGroup group = group("{'prompt': 'Hi'}", ended("No!"));
    assertThat(group.conversation()).isEmpty();
    for (Tokenizer tokenizer :
        List.of(
            tokens("template", REWARDS),
            tokens("none", null),
            tokens("faulty", "{% if %}"),
            otherTokens("other", REWARDS))) {
      TokenTree read = read(tokenizer, group).get(0);
      assertThat(read.prompt()).containsExactly(ids("Hi"));
      assertThat(whole(read)).isEqualTo("HiNo!<|endoftext|>");
    }
  }

  @Test
  void aLongConversationLosesItsBeginningAsInTheEvaluation() throws IOException {
    String turns = TURNS.replace("Be kind.", "1234567890".repeat(4));
    ScalarModel model = model(tokens("reward", REWARDS));
    RolloutGroup group = group("{'messages': " + turns + "}", cut("No!"), cut("Yes."));
    List<TokenTree> read = reward(model).trees(group).toList();
    assertThat(read).hasSize(2); // each as if it were alone
    assertThat(read).allSatisfy(tree -> assertThat(tree.length()).isEqualTo(POSITIONS));
    int[] uncut = ids(REWARDS_PROMPT.replace("Be kind.", "1234567890".repeat(4)));
    int room = POSITIONS - "No!".length() - 1; // of single characters, and EOS
    assertThat(read.get(0).prompt())
        .containsExactly(Arrays.copyOfRange(uncut, uncut.length - room, uncut.length));
    TokenTree same = evaluated(model, turns, List.of("No!", "No.")).rows().get(0).tree();
    assertThat(read.get(0).prompt()).containsExactly(same.prompt());
  }

  @Test
  void messagesNeedATemplateThatTakesThem() throws IOException {
    TokenizedPrompt prompt = prompt("{'messages': " + TURNS + "}");
    RewardModelReward none = reward(model(tokens("none", null)));
    assertThatThrownBy(() -> none.requireReads(prompt))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("none")
                + ": it has no chat template, neither chat_template.jinja nor one in"
                + " tokenizer_config.json; add one, or give text instead of messages");
    RewardModelReward refusing =
        reward(
            model(
                tokens(
                    "refusing",
                    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}"
                        + "{% endif %}"
                        + REWARDS)));
    assertThatThrownBy(() -> refusing.requireReads(prompt))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("rows.jsonl")
                + ":1:1: "
                + folder.resolve("refusing").resolve("chat_template.jinja")
                + ":1: the template refuses these messages (no system); change them");
    refusing.requireReads(prompt("{'messages': [{'role': 'user', 'content': 'Hi'}]}"));
    none.requireReads(prompt("{'prompt': 'Hi'}"));
  }

  private PolicyRun run(String template, String... rows) throws IOException {
    policy.save(Files.createDirectory(folder.resolve("policy")));
    model(otherTokens("tokens", template)).save(Files.createDirectory(folder.resolve("reward")));
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(folder.resolve("policy").toString()));
    given.put("reward-model", List.of(folder.resolve("reward").toString()));
    given.put(
        "data",
        List.of(
            rows(Arrays.stream(rows).map(ConversationRewardTest::quoted).toArray(String[]::new))
                .toString()));
    given.put("prompts-per-step", List.of("2"));
    given.put("max-length", List.of("64"));
    given.put("max-new-tokens", List.of("5"));
    RolloutSettings settings =
        Settings.of(RolloutSettings.class).bind(Written.Mapping.EMPTY, given);
    LoopSettings loop = new LoopSettings(1.0, null, true, BUDGET, false, 1, 1, false);
    return PolicyRun.open(
        policy,
        new PolicySettings(settings, TinyRollouts.kl(), loop, 0, 3, 0, false),
        RewardPrograms.tried(settings, System.err));
  }

  /** From file to score: what a run scores is what the evaluation makes of the same words. */
  @Test
  void aRunsScoresAreThoseOfTheEvaluation() throws IOException {
    String hello = "[{'role': 'user', 'content': 'Hi'}]";
    try (PolicyRun run =
        run(REWARDS, "{'messages': " + TURNS + "}", "{'messages': " + hello + "}")) {
      Rollout rollout = run.rollout(1).rollout();
      assertThat(rollout.size()).isEqualTo(6);
      for (RolloutGroup group : rollout.groups()) {
        List<String> answers = group.completions().stream().map(Completion::text).toList();
        Tokenized<TokenizedRow> ranking =
            evaluated(
                run.models().rewardModels().get(0),
                group.prompt().length() > 30 ? TURNS : hello,
                answers);
        float[] expected =
            Scorer.score(
                    run.models().rewardModels().get(0),
                    List.of(ranking.rows().get(0).tree()),
                    BUDGET)
                .get(0);
        assertThat(new Rollout(List.of(group)).scores())
            .containsExactly(
                IntStream.range(0, 3).mapToDouble(i -> expected[i]).toArray(), within(1e-6));
      }
    }
  }

  /**
   * A template that writes the system message into the last turn, so not where an answer is that:
   * an answer doesn't follow what the prompt is. Without a system message it does.
   */
  @Test
  void aRunStopsWhereAnAnswerDoesntFollowThePrompt() {
    assertThatThrownBy(
            () ->
                run(
                    "{% for m in messages %}{% if m.role == 'assistant' %}A:{{ m.content }}{{ eos_token }}"
                        + "{% elif m.role == 'user' %}Q:{% if loop.last and messages[0].role == 'system' %}"
                        + "{{ messages[0].content }} {% endif %}{{ m.content }} {% endif %}{% endfor %}",
                    "{'messages': [{'role': 'user', 'content': 'Hi'}]}",
                    "{'messages': " + TURNS + "}"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("rows.jsonl") + ":2:1: ")
        .hasMessageContaining("writes the prompt otherwise where an answer follows");
  }

  @Test
  void aRunStopsBeforeItSamplesWhatTheRewardModelCantRead() {
    assertThatThrownBy(
            () ->
                run(
                    "{% if messages|length > 3 %}{{ raise_exception('too many') }}{% endif %}"
                        + REWARDS,
                    "{'messages': [{'role': 'user', 'content': 'Hi'}]}",
                    "{'messages': " + TURNS + "}"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("rows.jsonl") + ":2:1: ")
        .hasMessageEndingWith(":1: the template refuses these messages (too many); change them");
  }
}
