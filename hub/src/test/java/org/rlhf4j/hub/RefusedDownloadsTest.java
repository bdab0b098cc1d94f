package org.rlhf4j.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.testing.RefusalTable;

/** The refusals that {@code docs/models-from-the-hub.md} lists, with their messages. */
class RefusedDownloadsTest {
  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path temp;
  private final RefusalTable table = new RefusalTable();
  private int scenes;

  @Test
  void theDocumentListsThemWithTheirMessages() throws IOException {
    table.name("org/small-model", "org/name");
    table.name("small-model", "name");
    table.name(FakeHub.COMMIT, "COMMIT");
    answer("nothing of that name, or it is private", 401, "RepoNotFound");
    answer("the token may not read it", 403, "");
    answer("it is gated", 403, "GatedRepo");
    answer("no such branch, tag or commit", 404, "RevisionNotFound");
    repeated("the hub asks for patience, five times", 429);
    repeated("the hub is out of order, five times", 503);
    provoke("`HF_ENDPOINT` is no hub", RefusedDownloadsTest::page);
    provoke("redirected without an end", RefusedDownloadsTest::redirects);
    provoke("wrong content, twice", RefusedDownloadsTest::wrongContent);
    provoke("only a pickle", RefusedDownloadsTest::pickle);
    provoke("no weights at all", scene -> scene.hub.files.remove(WEIGHTS));
    provoke("offline, and it isn't cached", scene -> scene.offline = true);
    try (HubScene scene = scene()) {
      table.add(
          "no hub there", () -> scene.open(URI.create("http://localhost:1")).model(HubScene.MODEL));
    }
    file("no such data file", "hf://datasets/org/small-model/rows.jsonl");
    table.add("not an address", () -> HubFile.parse("hf://org/name/rows.jsonl"));
    table.assertIsIn(Path.of("../docs/models-from-the-hub.md"));
  }

  private void answer(String what, int status, String reason) {
    provoke(what, scene -> scene.hub.plan("/main", FakeHub.status(status, "X-Error-Code", reason)));
  }

  private void repeated(String what, int status) {
    provoke(
        what,
        scene -> {
          for (int i = 0; i < 5; i++) {
            scene.hub.plan("/main", FakeHub.status(status));
          }
        });
  }

  /** A hub and a cache of its own. */
  private HubScene scene() {
    Path cache = temp.resolve("cache-" + scenes++ + "-");
    table.name(cache, "~/.cache/huggingface/hub");
    return new HubScene(cache).withModel();
  }

  private static void page(HubScene scene) {
    scene.hub.plan(
        "/main",
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("<html>log in".getBytes(StandardCharsets.UTF_8));
          return true;
        });
  }

  private static void redirects(HubScene scene) {
    for (int i = 0; i <= 10; i++) {
      scene.hub.plan("/main", FakeHub.status(302, "Location", "/round/main"));
    }
  }

  private static void wrongContent(HubScene scene) {
    for (int i = 0; i < 2; i++) {
      scene.hub.plan(
          "/config.json",
          (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(new byte[content.length]);
            return true;
          });
    }
  }

  private static void pickle(HubScene scene) {
    scene.hub.file("pytorch_model.bin", scene.hub.files.remove(WEIGHTS));
  }

  private void provoke(String what, Consumer<HubScene> fault) {
    try (HubScene scene = scene()) {
      fault.accept(scene);
      table.name(scene.hub.address(), "https://huggingface.co");
      table.add(what, () -> scene.open().model(HubScene.MODEL));
    }
  }

  private void file(String what, String address) {
    try (HubScene scene = scene()) {
      table.name(scene.hub.address(), "https://huggingface.co");
      table.add(what, () -> scene.open().file(HubFile.parse(address).orElseThrow()));
    }
  }
}
