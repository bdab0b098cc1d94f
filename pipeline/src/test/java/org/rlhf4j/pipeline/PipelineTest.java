package org.rlhf4j.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;

/** How a pipeline file is read; nothing runs here. */
class PipelineTest {

  @TempDir private Path folder;
  private Path file;
  private Path output;

  @BeforeEach
  void writeInputs() throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.writeString(folder.resolve("rows.csv"), "prompt,completion\na,b\n");
    file = folder.resolve("pipeline.yaml");
    output = folder.resolve("out");
  }

  private Pipeline read(String yaml) throws IOException {
    return read(yaml, Map.of());
  }

  private Pipeline read(String yaml, Map<String, String> overrides) throws IOException {
    Files.writeString(file, yaml);
    return Pipeline.read(file, output, overrides);
  }

  private void refuses(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(UsageException.class)
        .hasMessage(file + message.replace("FOLDER", folder.toString()));
    assertThat(output).doesNotExist();
  }

  private static String stage(String name, String more) {
    return "  - name: " + name + "\n    stage: sft\n    model: model\n    data: rows.csv\n" + more;
  }

  @Test
  void bindsEachStageInOrder() throws IOException {
    Pipeline pipeline = read("stages:\n" + stage("one", "    steps: 3\n") + stage("two", ""));
    assertThat(pipeline.stages()).extracting(PipelineStage::name).containsExactly("one", "two");
    assertThat(pipeline.stages().get(0).settings())
        .contains("steps: 3\n", "output: " + output.resolve("one"));
    assertThat(pipeline.stages().get(1).settings()).doesNotContain("\nsteps:");
  }

  @Test
  void takesPathsFromTheFilesFolder() throws IOException {
    Pipeline pipeline = read("stages:\n" + stage("one", ""));
    assertThat(pipeline.stages().get(0).inputs())
        .containsExactlyInAnyOrder(folder.resolve("model"), folder.resolve("rows.csv"));
    assertThat(pipeline.stages().get(0).settings())
        .contains("model: " + folder.resolve("model") + "\n", "  - " + folder.resolve("rows.csv"));
  }

  private static String grpo(String reward) {
    return "stages:\n"
        + stage("one", "    reward: " + reward + "\n").replace("stage: sft", "stage: grpo");
  }

  @Test
  void takesRewardProgramsFromTheFilesFolder() throws IOException {
    Path jar = Files.createFile(folder.resolve("r.jar"));
    String rewards =
        "[0.5*exact-match, {name: 'command', argument: 'sh score.sh'}, 'class:r.jar#a.B',"
            + " {name: number-after, argument: '####', weight: 2}]";
    PipelineStage stage = read(grpo(rewards)).stages().get(0);
    assertThat(stage.settings())
        .contains(
            "reward:\n  - \"0.5*exact-match\"\n  - \"command:cd '"
                + folder
                + "' || exit; sh score.sh\"\n  - \"class:"
                + jar
                + "#a.B\"\n  - \"2*number-after:####\"\n");
    assertThat(stage.inputs()).contains(jar);
    assertThat(read(grpo("exact-match")).stages().get(0).settings())
        .contains("reward:\n  - exact-match\n");
  }

  @Test
  void saysWhichRewardItCantTake() {
    refuses(
        grpo("[exact-match, exact-mach]"),
        ":6:27: reward: no reward program 'exact-mach'; did you mean 'exact-match'? There are"
            + " exact-match, number-after, regex, format, length-penalty, repetition-penalty,"
            + " judge, class, command");
    refuses(
        grpo("{name: exact-match, wieght: 2}"),
        ":6:13: reward: unknown 'wieght'; did you mean 'weight'? A program has name, argument and"
            + " weight");
    refuses(
        grpo("'class:r.jar#a.B'"),
        ":6:13: FOLDER/r.jar: no such file or folder; a path is relative to the pipeline"
            + " file");
    refuses(
        "stages:\n" + stage("one", "").replace("stage: sft", "stage: grpo"),
        ":2:5: stage 'one': --reward-model or --reward is missing: name a reward model, a program,"
            + " or --replay");
  }

  @Test
  void takesTheModelOfAStageBefore() throws IOException {
    Pipeline pipeline =
        read(
            "stages:\n"
                + stage("one", "")
                + stage("two", "").replace("model: model", "model: {from: one}"));
    assertThat(pipeline.stages().get(1).inputs()).contains(output.resolve("one/model"));
    assertThat(pipeline.stages().get(1).settings()).contains("model: " + output.resolve("one\n"));
  }

  @Test
  void saysWhichStageFromMeans() {
    String two = stage("two", "").replace("model: model", "model: {from: onne}");
    refuses(
        "stages:\n" + stage("one", "") + two,
        ":8:19: no stage 'onne' before this one; did you mean 'one'?");
  }

  @Test
  void takesNoStageThatComesLater() {
    String one = stage("one", "").replace("model: model", "model: {from: two}");
    refuses(
        "stages:\n" + one + stage("two", ""),
        ":4:19: no stage 'two' before this one; this is the first, and stages run in the file's"
            + " order");
  }

  @Test
  void namesTheNearestStage() {
    refuses(
        "stages:\n  - name: one\n    stage: sfd\n",
        ":3:12: unknown stage 'sfd'; did you mean 'sft'? Stages are sft, reward, dpo, ppo, grpo");
  }

  @Test
  void namesTheNearestSetting() {
    refuses(
        "stages:\n" + stage("one", "    batchsize: 8\n"),
        ":6:5: unknown setting 'batchsize'; did you mean 'batch-size'?");
  }

  @Test
  void saysWhereAWrongValueStands() {
    refuses(
        "stages:\n" + stage("one", "    steps: many\n"),
        ":6:12: steps: expected a whole number, not 'many'");
  }

  @Test
  void findsAMistakeInTheLastStage() {
    refuses(
        "stages:\n" + stage("one", "") + stage("two", "    epochs: -1\n"),
        ":10:13: epochs must be above 0, not -1");
  }

  @Test
  void namesTheStageThatLacksSettings() {
    refuses(
        "stages:\n  - name: one\n    stage: sft\n    steps: 3\n",
        ":2:5: stage 'one': needs model, data");
  }

  @Test
  void namesTheStageThatASettingsRecordRefuses() {
    refuses(
        "stages:\n  - name: one\n    stage: ppo\n    model: model\n",
        ":2:5: stage 'one': --data is missing: name a file of rows with prompts, or --replay");
  }

  @Test
  void saysThatAPathLeadsNowhere() {
    refuses(
        "stages:\n" + stage("one", "").replace("rows.csv", "rows.scv"),
        ":5:11: FOLDER/rows.scv: no such file or folder; a path is relative to the pipeline file");
  }

  @Test
  void keepsOutputAndResumeToItself() {
    refuses(
        "stages:\n" + stage("one", "    output: here\n"),
        ":6:5: a stage's 'output' is set by the pipeline; leave it out");
    refuses(
        "stages:\n" + stage("one", "    resume: true\n"),
        ":6:5: a stage's 'resume' is set by the pipeline; leave it out");
  }

  @Test
  void wantsEachNameOnce() {
    refuses(
        "stages:\n" + stage("one", "") + stage("one", ""),
        ":6:11: an earlier stage has the name 'one'; give each stage its own name");
  }

  @Test
  void wantsNamesThatAreFolders() {
    for (String name : new String[] {"../up", "a/b", ".hidden", "pipeline"}) {
      refuses(
          "stages:\n" + stage(name, ""),
          ":2:11: '" + name + "' can't be the name of a stage: the stage's folder gets this name");
    }
  }

  @Test
  void wantsStages() {
    refuses("seed: 1\n", ": 'stages:' must list at least one stage");
    refuses("stages:\n", ": 'stages:' must list at least one stage");
    refuses("stages: [sft]\n", ":1:10: expected a stage, 'name: …' and 'stage: …'");
    refuses("stages:\n  - stage: sft\n", ":2:5: 'name: …' is missing");
  }

  @Test
  void namesTheNearestCommonSetting() {
    refuses(
        "sed: 1\nstages:\n" + stage("one", ""),
        ":1:1: unknown 'sed'; did you mean 'seed'? A pipeline has stages, seed, threads, device,"
            + " precision");
  }

  @Test
  void commonSettingsHoldWhereAStageDoesNotSayOtherwise() throws IOException {
    Pipeline pipeline =
        read("seed: 5\nstages:\n" + stage("one", "") + stage("two", "    seed: 6\n"));
    assertThat(pipeline.stages())
        .extracting(stage -> stage.machine().seed())
        .containsExactly(5L, 6L);
  }

  @Test
  void theCommandLineWinsOverTheFile() throws IOException {
    String yaml = "seed: 5\nstages:\n" + stage("one", "") + stage("two", "    seed: 6\n");
    assertThat(read(yaml, Map.of("seed", "7")).stages())
        .extracting(stage -> stage.machine().seed())
        .containsExactly(7L, 7L);
  }

  @Test
  void threadsAreTheSameInAllStages() {
    refuses(
        "stages:\n" + stage("one", "    threads: 1\n") + stage("two", ""),
        ": 'threads' differs between stages; set it once, beside 'stages'");
  }
}
