package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.hub.Hub;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.hub.TransferProgress;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.pipeline.HubPaths;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.sft.SftConfig;

/** Models and data by the names that the hub has for them. */
class HubCommandsTest {

  private static final Path MODEL = Path.of("../sft/src/test/resources/fixtures/sft/model");

  private static final String ROWS = "{\"prompt\": \"is it 1?\", \"completion\": \" yes\"}\n";

  @TempDir private Path temp;
  private Path cache;
  private FolderHub hub;

  @BeforeEach
  void startHub() throws IOException {
    Path repo = Files.createDirectory(temp.resolve("repo"));
    try (var files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, repo.resolve(file.getFileName()));
      }
    }
    Files.writeString(repo.resolve("rows.jsonl"), ROWS);
    cache = temp.resolve("cache");
    hub = new FolderHub(repo);
  }

  @AfterEach
  void stopHub() {
    hub.close();
  }

  private Outcome rlhf(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Rlhf.class.getName()));
    command.addAll(List.of(args));
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    builder.environment().put("HF_ENDPOINT", hub.address());
    builder.environment().put("HF_HUB_CACHE", cache.toString());
    int code = builder.directory(temp.toFile()).start().waitFor();
    return new Outcome(
        code,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  @Test
  void aPipelineTakesItsModelAndItsRowsFromTheHubOnce() throws Exception {
    Files.writeString(
        temp.resolve("pipeline.yaml"),
        """
        threads: 1
        stages:
          - name: sft
            stage: sft
            model: org/small
            data: hf://datasets/org/rows/rows.jsonl
            steps: 1
            eval-fraction: 0
        """);
    String[] run = {"run", "pipeline.yaml", "--output", "runs", "--device", "cpu"};

    Outcome first = rlhf(run);

    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err()).contains("org/small: ").contains("hf://datasets/org/rows: 1 file,");
    assertThat(cache.resolve("models--org--small/refs/main")).hasContent(FolderHub.COMMIT);
    assertThat(cache.resolve("datasets--org--rows/refs/main")).hasContent(FolderHub.COMMIT);
    assertThat(temp.resolve("runs/sft/config.yaml"))
        .content()
        .contains("models--org--small/snapshots/" + FolderHub.COMMIT);
    int asked = hub.asked.size();

    Outcome second = rlhf(run);

    assertThat(second.err()).contains("stage 1/1 sft: unchanged, skipped");
    assertThat(hub.asked).hasSize(asked);
  }

  @Test
  void anAdaptersBaseComesFromTheHubToo() throws Exception {
    Path adapter = Files.createDirectory(temp.resolve("adapter"));
    LoraConfig lora = new LoraConfig(1, 1, 0, false, List.of());
    try (LanguageModel model = LanguageModel.load(MODEL, lora, 1)) {
      model.save(adapter);
    }
    Path config = adapter.resolve("adapter_config.json");
    String base = MODEL.toAbsolutePath().normalize().toString();
    Files.writeString(config, Files.readString(config).replace(base, "org/small"));

    Outcome outcome = rlhf("merge", "--model", "adapter", "--output", "merged");

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).startsWith("org/small: ").contains("adapter with its adapter merged");
    assertThat(temp.resolve("merged/model.safetensors")).exists();
  }

  @Test
  void aFreshModelTakesItsTokenizerFromTheHub() throws Exception {
    String config = MODEL.resolve("config.json").toAbsolutePath().toString();
    String[] make = {"new", "--config", config, "--tokenizer", "org/small", "--output", "fresh"};

    Outcome outcome = rlhf(make);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(temp.resolve("fresh/tokenizer.json"))
        .hasSameBinaryContentAs(MODEL.resolve("tokenizer.json"));
    assertThat(hub.asked)
        .anyMatch(asked -> asked.endsWith("/tokenizer.json"))
        .noneMatch(asked -> asked.endsWith(".safetensors"));
  }

  @Test
  void whatIsNowhereIsOneLine() throws Exception {
    Outcome outcome = rlhf("logprobs", "--model", "runs/sft", "--data", "x.jsonl");

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualTo(
            "rlhf: runs/sft: there is no such folder here, and you can see no such repository on"
                + " the hub; check the name, and set HF_TOKEN if it is private ("
                + hub.address()
                + "/api/models/runs/sft/revision/main?blobs=true answers 401)\n");
  }

  private Hub open() {
    URI address = URI.create(hub.address());
    return new Hub(
        new HubEnvironment(address, cache, Optional.empty(), false, true), TransferProgress.SILENT);
  }

  private static SettingSpec setting(Class<? extends Record> type, String name) {
    return Settings.of(type).specs().stream()
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void onlyModelsAndRowFilesThatAreNotHereAreTheHubs() throws IOException {
    SettingSpec model = setting(SftConfig.class, "model");
    SettingSpec data = setting(SftConfig.class, "data");
    SettingSpec output = setting(SftConfig.class, "output");
    HubPaths paths = new HubPaths(this::open);
    Path here = Files.createDirectories(temp.resolve("org/small"));
    Path relative = Path.of("").toAbsolutePath().relativize(here);

    for (Path given : List.of(here, relative, Path.of("nowhere"), Path.of("./org/small"))) {
      assertThat(paths.local(model, given)).isEqualTo(given);
    }
    for (String given : List.of("org/small", "hf://datasets/org/rows/rows.jsonl")) {
      assertThat(paths.local(output, Path.of(given))).isEqualTo(Path.of(given));
    }
    assertThat(paths.local(data, Path.of("org/small"))).isEqualTo(Path.of("org/small"));
    assertThat(hub.asked).isEmpty();
    assertThat(paths.local(model, Path.of("org/small")))
        .isEqualTo(cache.resolve("models--org--small/snapshots").resolve(FolderHub.COMMIT));
    assertThat(paths.local(data, Path.of("hf://datasets/org/rows/rows.jsonl")))
        .hasContent(ROWS.strip());
  }

  @Test
  void everyModelOfACommandMayBeTheHubs() {
    // PATH would mean that a setting isn't declared as a model; doctor's isn't to be downloaded
    assertThat(Rlhf.settingsDocument().lines())
        .filteredOn(line -> !line.contains("Hub id of a model"))
        .filteredOn(line -> line.matches("\\| `--(.+-)?model` .*"))
        .hasSizeGreaterThan(10)
        .allMatch(line -> line.matches(".*\\| `MODEL`(, repeatable)? \\|.*"));
  }

  @Test
  void doctorSaysWhatWouldBeDownloaded() {
    Map<String, Object> before = DoctorCommand.download(Path.of("org/small"), open());

    assertThat(before).containsEntry("model_folder", "none yet");
    assertThat(before.get("download_files"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .contains("config.json", "tokenizer.json", "model.safetensors")
        .doesNotContain("rows.jsonl");
    assertThat(hub.asked).containsExactly("GET /api/models/org/small/revision/main");
    assertThat(cache).doesNotExist();
    Path folder = open().model(HubRepo.model("org/small").orElseThrow());
    assertThat(DoctorCommand.download(Path.of("org/small"), open()))
        .containsEntry("model_folder", folder.toString())
        .containsEntry("download_files", List.of())
        .containsEntry("download_mb", 0.0);
    assertThat(DoctorCommand.download(temp, open())).containsEntry("model_folder", temp.toString());
    assertThatThrownBy(() -> DoctorCommand.download(Path.of("nowhere"), open()))
        .isInstanceOf(UsageException.class)
        .hasMessage("--model nowhere: this is neither a folder nor a hub id (org/name)");
  }
}
