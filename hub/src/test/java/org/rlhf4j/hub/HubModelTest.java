package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** A model of the hub as a folder of the cache. */
class HubModelTest {

  private static final URI NOWHERE = URI.create("http://localhost:1");

  @TempDir private Path cache;
  private HubScene scene;

  @BeforeEach
  void open() {
    scene = new HubScene(cache).withModel();
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void whatIsNeededAndNothingElseIsThere() throws IOException {
    Path folder = scene.open().model(HubScene.MODEL);

    assertThat(folder).isEqualTo(scene.repo().resolve("snapshots").resolve(FakeHub.COMMIT));
    assertThat(names(folder))
        .containsExactly(
            "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");
    for (String name : names(folder)) {
      assertThat(folder.resolve(name)).hasBinaryContent(scene.hub.files.get(name));
    }
    assertThat(scene.hub.paths("GET"))
        .noneMatch(path -> path.endsWith("README.md") || path.endsWith(".onnx"));
  }

  @Test
  void ofAnAdapterTheTwoFilesThatPeftWritesAreEnough() throws IOException {
    scene.hub.files.clear();
    scene.hub.file("adapter_config.json", "{}").file("adapter_model.safetensors", "weights");
    scene.hub.file("README.md", "of an adapter").file("tokenizer_config.json", "{}");
    Path folder = scene.open().model(HubScene.MODEL);
    assertThat(names(folder))
        .containsExactly(
            "adapter_config.json", "adapter_model.safetensors", "tokenizer_config.json");
    assertThat(scene.open(NOWHERE).model(HubScene.MODEL)).isEqualTo(folder);
  }

  @Test
  void aTokenizerComesWithoutTheWeights() throws IOException {
    Path folder = scene.open().tokenizer(HubScene.MODEL);
    assertThat(names(folder)).containsExactly("tokenizer.json", "tokenizer_config.json");
    assertThat(scene.open(NOWHERE).tokenizer(HubScene.MODEL)).isEqualTo(folder);

    // The model is what is whole: its weights come when they are asked for.
    assertThat(names(scene.open().model(HubScene.MODEL))).contains("model.safetensors");
    scene.hub.files.remove("tokenizer.json");
    HubRepo other = HubRepo.model(HubScene.ID + "@other").orElseThrow();
    assertThatThrownBy(() -> scene.open().tokenizer(other))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(": it has no tokenizer.json; name another model or revision");
  }

  @Test
  void theLayoutIsThatOfHuggingfaceHub() throws IOException {
    Path folder = scene.open().model(HubScene.MODEL);

    byte[] weights = scene.hub.files.get("model.safetensors");
    String hash = FakeHub.hash("model.safetensors", weights);
    assertThat(Files.readSymbolicLink(folder.resolve("model.safetensors")))
        .isEqualTo(Path.of("../../blobs", hash));
    assertThat(scene.repo().resolve("refs/main")).hasContent(FakeHub.COMMIT);
    assertThat(names(scene.repo().resolve(".no_exist").resolve(FakeHub.COMMIT)))
        .containsExactly(
            "chat_template.jinja", "generation_config.json", "special_tokens_map.json");
    // git hash-object of {}: printf '{}' | git hash-object --stdin
    assertThat(names(scene.repo().resolve("blobs")))
        .contains(hash, "9e26dfeeb6e641a33dae4961196235bdb965b21b")
        .hasSize(4);
    assertThat(cache.resolve(".locks/models--org--small-model").resolve(hash + ".lock")).exists();
  }

  @Test
  void progressComesToTheBytesThatWereMissing() {
    scene.open().model(HubScene.MODEL);

    long bytes = 300_000 + 38 + 18 + 2;
    assertThat(scene.begun).containsExactly("org/small-model: 4 files, " + bytes + " bytes");
    assertThat(scene.received).hasValue(bytes);
    assertThat(scene.notes).isEmpty();
  }

  @Test
  void whatIsCachedIsTakenWithoutAsking() {
    Path folder = scene.open().model(HubScene.MODEL);

    assertThat(scene.open(NOWHERE).model(HubScene.MODEL)).isEqualTo(folder);
    assertThat(scene.open(NOWHERE).model(HubScene.MODEL.at(FakeHub.COMMIT))).isEqualTo(folder);
    assertThat(scene.begun).hasSize(1);
    assertThat(scene.waits).isEmpty();
  }

  @Test
  void aBranchStaysTheCommitThatItWas() {
    Path folder = scene.open().model(HubScene.MODEL);
    scene.hub.commit("f".repeat(40));

    assertThat(scene.open().model(HubScene.MODEL)).isEqualTo(folder);
  }

  @Test
  void anotherCommitTakesOverTheContentThatIsTheSame() throws IOException {
    scene.open().model(HubScene.MODEL);
    String next = "f".repeat(40);
    scene.hub.commit(next);
    scene.hub.file("tokenizer_config.json", "{\"new\": 1}");

    Path folder = scene.open().model(HubRepo.model(HubScene.ID + "@v2").orElseThrow());

    assertThat(folder.getFileName()).hasToString(next);
    assertThat(names(folder)).hasSize(4);
    assertThat(scene.begun.get(1)).isEqualTo("org/small-model@v2: 1 files, 10 bytes");
    assertThat(scene.repo().resolve("refs/v2")).hasContent(next);
    assertThat(scene.repo().resolve("refs/main")).hasContent(FakeHub.COMMIT);
  }

  @Test
  void aSnapshotThatLacksAFileIsCompleted() throws IOException {
    Path folder = scene.open().model(HubScene.MODEL);
    Files.delete(folder.resolve("tokenizer.json"));

    scene.open().model(HubScene.MODEL);

    assertThat(folder.resolve("tokenizer.json")).exists();
    assertThat(scene.begun).hasSize(1); // its content was there still
  }

  @Test
  void aBlobThatIsCutIsFetchedAgain() throws IOException {
    Path folder = scene.open().model(HubScene.MODEL);
    Files.writeString(folder.resolve("model.safetensors").toRealPath(), "cut");
    Files.delete(folder.resolve("model.safetensors"));

    scene.open().model(HubScene.MODEL);

    assertThat(folder.resolve("model.safetensors"))
        .hasBinaryContent(scene.hub.files.get("model.safetensors"));
  }

  @Test
  void shardsAreThoseThatTheIndexNames() throws IOException {
    shards("{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}");
    scene.hub.file("consolidated.safetensors", HubScene.bytes(50));

    assertThat(names(scene.open().model(HubScene.MODEL)))
        .contains("model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json")
        .doesNotContain("consolidated.safetensors");
    int asked = scene.hub.asked.size();
    scene.open().model(HubScene.MODEL);
    assertThat(scene.hub.asked).hasSize(asked);
  }

  private void shards(String index) {
    scene.hub.files.remove("model.safetensors");
    scene
        .hub
        .file("model.safetensors.index.json", index)
        .file("model-1.safetensors", HubScene.bytes(1000))
        .file("model-2.safetensors", HubScene.bytes(2000));
  }

  @Test
  void aShardElsewhereIsRefused() {
    shards("{\"weight_map\": {\"a\": \"../../x.safetensors\"}}");
    scene.hub.file("../../x.safetensors", HubScene.bytes(10));

    assertThatThrownBy(() -> scene.open().model(HubScene.MODEL))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "org/small-model: it has no ../../x.safetensors; name another model or revision");
  }

  @Test
  void aPickleIsRefusedWithTheCommandThatConvertsIt() {
    scene.hub.files.remove("model.safetensors");
    scene.hub.files.remove("tokenizer.json"); // old ones lack it too; the command writes it
    scene.hub.file("pytorch_model.bin", HubScene.bytes(10));

    assertThatThrownBy(() -> scene.open().model(HubScene.MODEL))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "org/small-model: its weights are a pickle (pytorch_model.bin), and pickles are never"
                + " read; convert it with: python -c \"import transformers as t;"
                + " t.GPT2LMHeadModel.from_pretrained('org/small-model',"
                + " revision='main').save_pretrained('small-model');"
                + " t.AutoTokenizer.from_pretrained('org/small-model',"
                + " revision='main').save_pretrained('small-model')\"");
    assertThat(scene.repo()).doesNotExist();
  }

  @Test
  void aModelWithoutATokenizerIsRefusedBeforeItsWeightsAreFetched() {
    scene.hub.files.remove("tokenizer.json");

    assertThatThrownBy(() -> scene.open().model(HubScene.MODEL))
        .hasMessage("org/small-model: it has no tokenizer.json; name another model or revision");
    assertThat(scene.begun).isEmpty();
  }

  @Test
  void offlineOnlyTheCacheIsUsed() {
    scene.offline = true;
    assertThatThrownBy(() -> scene.open().model(HubScene.MODEL))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "org/small-model: it is neither here nor in "
                + cache
                + ", and HF_HUB_OFFLINE is set; unset it, or check the name");
    assertThat(scene.hub.asked).isEmpty();
    scene.offline = false;
    Path folder = scene.open().model(HubScene.MODEL);
    scene.offline = true;

    assertThat(scene.open(NOWHERE).model(HubScene.MODEL)).isEqualTo(folder);
  }

  @Test
  void whatCanNotBeToldIsAskedForOnceAndDoneWithoutWhereNobodyAnswers() throws IOException {
    Path folder = scene.open().model(HubScene.MODEL);
    Files.delete(
        scene.repo().resolve(".no_exist").resolve(FakeHub.COMMIT).resolve("chat_template.jinja"));

    assertThat(scene.open(NOWHERE).model(HubScene.MODEL)).isEqualTo(folder);
    assertThat(scene.notes)
        .last()
        .asString()
        .contains("can't be reached")
        .contains("using instead");
    scene.offline = true;
    assertThat(scene.open(NOWHERE).model(HubScene.MODEL)).isEqualTo(folder);
    scene.offline = false;
    scene.open().model(HubScene.MODEL);
    int asked = scene.hub.asked.size();
    scene.open().model(HubScene.MODEL);
    assertThat(scene.hub.asked).hasSize(asked);
  }

  @Test
  void theTreeThatHuggingfaceHubKeepsTellsWhatIsMissing() throws IOException {
    scene.open().model(HubScene.MODEL);
    Path absent = scene.repo().resolve(".no_exist").resolve(FakeHub.COMMIT);
    for (String name : names(absent)) {
      Files.delete(absent.resolve(name));
    }
    int asked = scene.hub.asked.size();
    Path tree = Files.createDirectories(scene.repo().resolve("trees"));
    Files.writeString(
        tree.resolve(FakeHub.COMMIT + ".json"), "{\"format_version\": 1, \"files\": {\"x\": {}}}");

    scene.open().model(HubScene.MODEL);

    assertThat(scene.hub.asked).hasSize(asked);
  }

  @Test
  void withoutLinksASnapshotHoldsCopies() throws IOException {
    scene.symlinks = false;

    Path weights = scene.open().model(HubScene.MODEL).resolve("model.safetensors");

    assertThat(Files.isSymbolicLink(weights)).isFalse();
    assertThat(weights).hasBinaryContent(scene.hub.files.get("model.safetensors"));
  }

  @Test
  void aPlanIsWhatWouldBeDownloaded() {
    Hub.Plan before = scene.open().plan(HubScene.MODEL);

    assertThat(before.folder()).isEmpty();
    assertThat(before.missing().stream().map(RemoteFile::name))
        .containsExactly(
            "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors");
    assertThat(before.bytes()).isEqualTo(300_058);
    assertThat(cache).isEmptyDirectory();
    Path folder = scene.open().model(HubScene.MODEL);
    assertThat(scene.open(NOWHERE).plan(HubScene.MODEL))
        .isEqualTo(new Hub.Plan(Optional.of(folder), List.of()));
  }

  @Test
  void aDataFileKeepsItsName() {
    scene.close();
    HubFile file = HubFile.parse("hf://datasets/org/rows/data/train.jsonl").orElseThrow();
    try (HubScene data = new HubScene(cache)) {
      data.hub.file("data/train.jsonl", "{}\n");

      Path local = data.open().file(new HubFile(dataset(), file.name()));

      assertThat(local)
          .isEqualTo(
              cache.resolve(
                  "datasets--org--small-model/snapshots/" + FakeHub.COMMIT + "/data/train.jsonl"))
          .hasContent("{}");
      assertThat(data.hub.paths("HEAD"))
          .containsExactly("/datasets/org/small-model/resolve/main/data/train.jsonl");
      data.offline = true;
      assertThat(data.open(NOWHERE).file(new HubFile(dataset(), file.name()))).isEqualTo(local);
    }
  }

  private static HubRepo dataset() {
    return new HubRepo(HubRepo.Kind.DATASET, HubScene.ID, "main");
  }

  @Test
  void aLargeDataFileIsDescribedByTheRedirect() {
    byte[] content = HubScene.bytes(70_000);
    scene.hub.file("rows.safetensors", content);

    assertThat(scene.open().file(new HubFile(dataset(), "rows.safetensors")))
        .hasBinaryContent(content);
  }

  @Test
  void aDataFileThatIsNotThere() {
    assertThatThrownBy(() -> scene.open().file(new HubFile(dataset(), "no.jsonl")))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(
            "hf://datasets/org/small-model: no such file there; check its path");
    scene.offline = true;
    assertThatThrownBy(() -> scene.open().file(new HubFile(dataset(), "no.jsonl")))
        .hasMessageStartingWith(
            "hf://datasets/org/small-model/no.jsonl: it is neither here nor in");
  }

  @Test
  void aCacheThatCanNotBeWrittenIsOneLine() throws IOException {
    Path file = Files.createFile(cache.resolve("file"));
    try (HubScene elsewhere = new HubScene(file).withModel()) {
      assertThatThrownBy(() -> elsewhere.open().model(HubScene.MODEL))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(file + ": can't be written (")
          .hasMessageEndingWith("make room there, or set HF_HUB_CACHE to another folder");
    }
  }
}
