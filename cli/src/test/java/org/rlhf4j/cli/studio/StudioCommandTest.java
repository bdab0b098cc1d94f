package org.rlhf4j.cli.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.store.StoreAddress;
import org.rlhf4j.studio.store.StoreLock;

class StudioCommandTest {

  @TempDir Path folder;
  private String store;
  private Path rows;

  @BeforeEach
  void writeRows() throws IOException {
    store = folder.resolve("store").toString();
    rows = folder.resolve("rows.jsonl");
    Files.write(
        rows,
        List.of(
            "{\"prompt\":\"a\",\"completions\":[\"1\",\"2\"]}",
            "{\"prompt\":\"a\",\"completions\":[\"1\",\"2\"]}"));
  }

  private Outcome studio(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of("studio", command, "--store", store));
    all.addAll(Arrays.asList(arguments));
    return rlhf(all.toArray(String[]::new));
  }

  private void refused(Outcome outcome, int code, String line) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(code);
    assertThat(outcome.lastErrorLine()).isEqualTo("rlhf: " + line);
    assertThat(outcome.err().lines()).hasSize(1);
  }

  @Test
  void whatIsAddedIsLabelledExportedAndCopied() throws IOException {
    assertThat(studio("add", "--data", rows.toString(), "--project", "p").succeeded().err().lines())
        .containsExactly("1 items added: 1 to compare", "1 left out: the project has them already");
    try (Store open = Store.existing(store)) {
      Labels labels = new Labels(open, Clock.systemUTC());
      Project project = labels.projects().named("p");
      Labelling.Task task = labels.labelling().next(project, labels.annotator()).orElseThrow();
      labels
          .labelling()
          .take(
              project,
              labels.annotator(),
              new Labelling.Given(
                  UUID.randomUUID().toString(),
                  task.item().id(),
                  Labelling.Act.ANSWER,
                  new ObjectMapper().readTree("{\"better\": 1, \"strength\": 4}"),
                  1));
    }
    Path exported = folder.resolve("labels.jsonl");
    studio("export", "--project", "p", "--output", exported.toString()).succeeded();
    assertThat(Rows.read(List.of(exported), RowKind.COMPARISONS, OnBadRow.FAIL).rows().get(0))
        .satisfies(row -> assertThat(row.completions()).containsExactly("2", "1"));
    Path copy = folder.resolve("copy/studio.db");
    Files.createDirectory(copy.getParent());
    studio("backup", "--output", copy.toString()).succeeded();
    try (Store copied = Store.existing(copy.getParent().toString())) {
      assertThat(new Labels(copied, Clock.systemUTC()).projects().named("p").target()).isEqualTo(1);
    }
    refused(
        studio("backup", "--output", copy.toString()),
        2,
        copy + ": is there already; choose another --output");
  }

  @Test
  void mistakesAreOneLine() throws IOException {
    String output = folder.resolve("o.jsonl").toString();
    refused(
        studio("export", "--project", "p", "--output", output),
        2,
        store
            + ": there is no store here; name its folder with --store, or make one with 'rlhf"
            + " studio add'");
    studio("add", "--data", rows.toString(), "--project", "p").succeeded();
    refused(
        studio("export", "--project", "q", "--output", output),
        1,
        "there is no project 'q' in " + store + "; there is p");
    refused(
        studio("export", "--project", "p", "--output", output),
        1,
        "project 'p' has nothing to write: 0 rows written");
    assertThat(folder.resolve("o.jsonl.partial")).doesNotExist();
    refused(
        studio("add", "--data", rows.toString(), "--project", "../p"),
        2,
        "project: '../p' can't be a name; take up to 64 letters, digits, spaces, dots, - and _");
    refused(
        rlhf(
            "studio",
            "add",
            "--store",
            "jdbc:mysql://x",
            "--data",
            rows.toString(),
            "--project",
            "p"),
        2,
        "jdbc:mysql://x: the store is a folder, or a database of PostgreSQL (jdbc:postgresql://…)");
  }

  @Test
  void aStudioThatCanNotBeginSaysWhy() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = String.valueOf(taken.getLocalPort());
      refused(
          rlhf("studio", "--data", store, "--port", port),
          1,
          "127.0.0.1:"
              + port
              + ": can't be listened on; something else does, or the address isn't this machine's;"
              + " choose another --port or --host");
    }
    try (StoreLock lock = StoreLock.take(StoreAddress.of(store))) {
      assertThat(lock).isNotNull();
      refused(
          rlhf("studio", "--data", store, "--port", "0"),
          1,
          store + ": another studio runs on this folder; open its page, or choose another --data");
    }
  }

  @Test
  void goldItemsAreAddedAsSuch() throws IOException {
    refused(
        studio("add", "--data", rows.toString(), "--project", "p", "--gold"),
        2,
        rows + ":1:1: isn't a gold item; one has 'chosen' and 'rejected'");
    Files.write(rows, List.of("{\"prompt\":\"a\",\"chosen\":\"1\",\"rejected\":\"2\"}"));
    assertThat(
            studio("add", "--data", rows.toString(), "--project", "p", "--gold")
                .succeeded()
                .err()
                .lines())
        .containsExactly(
            "1 items added: 1 to compare",
            "10 % of the items that an annotator gets are gold; 'Review' on the page changes it");
  }

  @Test
  void othersComeInOnlyByAccountsAndEncrypted() {
    refusedToStart(
        "host: '0.0.0.0' would send passwords in the clear; give --tls-certificate and --tls-key, or"
            + " --behind-proxy; or leave --host out, and come by 'ssh -L 8420:127.0.0.1:8420'",
        "--host",
        "0.0.0.0");
    refusedToStart(
        "behind-proxy needs --public-url with the proxy's https address",
        "--host",
        "0.0.0.0",
        "--behind-proxy",
        "--public-url",
        "http://studio.example.org");
    refusedToStart(
        "tls-certificate and --tls-key need each other", "--tls-certificate", "studio.crt");
    refusedToStart(
        "host: '0.0.0.0' is no name to come by; give --public-url with the one that is",
        "--host",
        "0.0.0.0",
        "--tls-certificate",
        "studio.crt",
        "--tls-key",
        "studio.key");
    for (String host : new String[] {"127.0.0.1", "0.0.0.0"}) {
      refusedToStart(
          "others could reach this studio, and it has no admin; make one first with 'rlhf studio"
              + " user add --admin NAME --store "
              + store
              + "'",
          "--host",
          host,
          "--behind-proxy",
          "--public-url",
          "https://studio.example.org");
    }
  }

  private void refusedToStart(String line, String... arguments) {
    List<String> all = new ArrayList<>(List.of("studio", "--data", store, "--port", "0"));
    all.addAll(List.of(arguments));
    Outcome outcome = rlhf(all.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err().strip()).endsWith(line).hasLineCount(1);
  }
}
