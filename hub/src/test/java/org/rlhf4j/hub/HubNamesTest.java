package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UsageException;

/** How models and files are named, and where the hub has them. */
class HubNamesTest {

  private static final URI HUB = URI.create("https://hub");

  @ParameterizedTest
  @CsvSource({
    "HuggingFaceTB/SmolLM2-135M, HuggingFaceTB/SmolLM2-135M, main, models--HuggingFaceTB--SmolLM2-135M",
    "a/b.c_d@v1.0, a/b.c_d, v1.0, models--a--b.c_d",
    "a/b@refs/pr/1, a/b, refs/pr/1, models--a--b",
  })
  void aModelsId(String text, String id, String revision, String folder) {
    HubRepo repo = HubRepo.model(text).orElseThrow();

    assertThat(repo.id()).isEqualTo(id);
    assertThat(repo.revision()).isEqualTo(revision);
    assertThat(repo.folderName()).isEqualTo(folder);
    assertThat(repo).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model", "./runs/sft", "../x/y", "/tmp/x", "runs/a/b", "a/b@", "a/b@../../x", "a/..",
        "a/b--c", "a b/c", "~/x", "-a/b", "a/.b", "hf://datasets/a/b/c", "a\\b/c", "ä/b",
      })
  void whatIsNoId(String text) {
    assertThat(HubRepo.model(text)).isEmpty();
  }

  @Test
  void whereTheHubHasThem() {
    HubRepo model = HubRepo.model("a/b@refs/pr/1").orElseThrow();
    HubFile data = HubFile.parse("hf://datasets/a/b/x y/ü#1.jsonl").orElseThrow();

    assertThat(model.listing(HUB))
        .hasToString("https://hub/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true");
    assertThat(model.file(HUB, "config.json"))
        .hasToString("https://hub/a/b/resolve/refs%2Fpr%2F1/config.json");
    assertThat(data.repo().file(HUB, data.name()))
        .hasToString("https://hub/datasets/a/b/resolve/main/x%20y/%C3%BC%231.jsonl");
  }

  @ParameterizedTest
  @CsvSource({
    "hf://datasets/a/b/c.jsonl, main, c.jsonl",
    "hf:/datasets/a/b/d/c.jsonl, main, d/c.jsonl",
    "hf://datasets/a/b@v1/d/c.jsonl, v1, d/c.jsonl",
    "hf://datasets/a/b@refs%2Fpr%2F1/c.jsonl, refs/pr/1, c.jsonl",
    "hf://datasets/a/b/d/c.jsonl@v1, v1, d/c.jsonl",
    "hf://datasets/a/b@main/c@d.jsonl, main, c@d.jsonl",
  })
  void aDataFile(String text, String revision, String name) {
    HubFile file = HubFile.parse(text).orElseThrow();

    assertThat(file.repo()).isEqualTo(new HubRepo(HubRepo.Kind.DATASET, "a/b", revision));
    assertThat(file.name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://a/b/c.jsonl",
        "hf://datasets/a/b",
        "hf://datasets/a/b/",
        "hf://datasets/a/b/../../x",
        "hf://datasets/a/b/x//y",
        "hf://datasets/../b/c",
        "hf://datasets/a/b/x\\y",
        "hf://datasets/a/b/c.jsonl@../x",
      })
  void whatBeginsAsADataFileAndIsNone(String text) {
    assertThatThrownBy(() -> HubFile.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(text + ": expected hf://datasets/ORG/NAME/PATH");
  }

  @Test
  void aPathIsNoDataFile() {
    assertThat(HubFile.parse("data/a/b/c.jsonl")).isEmpty();
  }

  @Test
  void whatAFolderIsCalled() {
    String commit = FakeHub.COMMIT;

    assertThat(HubRepo.nameOf(Path.of("/c/models--a--b-c/snapshots/" + commit)))
        .isEqualTo("a/b-c@" + commit);
    assertThat(HubRepo.nameOf(Path.of("runs/sft/"))).isEqualTo("sft");
  }
}
