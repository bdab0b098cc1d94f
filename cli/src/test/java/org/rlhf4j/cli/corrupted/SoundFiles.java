package org.rlhf4j.cli.corrupted;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.rlhf4j.cli.corrupted.FileKind.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.cli.command.ErrorLine;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.Corruption;

/** Makes small files of each kind that a command reads. */
final class SoundFiles {

  private static final Path FIXTURES =
      Path.of("../language-model/src/test/resources").toAbsolutePath().normalize();
  private static final Path PARQUET = Path.of("../data/src/test/resources/parquet");
  private static final String MODEL = FIXTURES.resolve("fixtures/llama-gqa-tied").toString();
  private static final String ADAM = " --batch-size 2 --eval-fraction 0 --quiet";

  private final Path folder;
  private final List<FileKind> kinds = new ArrayList<>();

  private SoundFiles(Path folder) {
    this.folder = folder;
  }

  /** The kinds, with their files in a folder. */
  static List<FileKind> in(Path folder) throws IOException {
    SoundFiles files = new SoundFiles(folder);
    files.writeRows();
    files.addModels();
    files.addRows();
    files.addSettings();
    files.addRuns();
    return List.copyOf(files.kinds);
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private void make(String arguments) {
    Outcome.rlhf(arguments.split(" ")).succeeded();
  }

  private void add(String name, String sound, List<String> damaged, Function<Path, Outcome> read) {
    kinds.add(new FileKind(name, folder.resolve(sound), damaged, read));
  }

  private void writeRows() throws IOException {
    Files.writeString(
        folder.resolve("row.jsonl"), "{\"prompt\":\"Is it 1?\",\"completion\":\" Yes, 12.\"}\n");
    Files.writeString(
        folder.resolve("messages.jsonl"),
        """
        {"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi, é?"},\
        {"role":"assistant","content":"Yes."}]}
        """);
    Files.writeString(
        folder.resolve("pairs.jsonl"),
        "{\"prompt\":\"Is it 1?\",\"chosen\":\" Yes.\",\"rejected\":\" No.\"}\n".repeat(4));
  }

  private void addModels() throws IOException {
    make("new --config " + MODEL + "/config.json --tokenizer " + MODEL + " --output " + at("tiny"));
    make(
        "new --config %s/config.json --tokenizer %s --max-shard-size 20KB --output %s"
            .formatted(MODEL, MODEL, at("shards")));
    make("export --model " + MODEL + " --type q8_0 --output " + at("tiny.gguf"));
    make(
        "sft --model %s --data %s --steps 1 --lora-rank 2 --output %s"
                .formatted(MODEL, at("row.jsonl"), at("lora-run"))
            + ADAM);
    Files.copy(FIXTURES.resolve("chat/llama3.jinja"), folder.resolve("tiny/chat_template.jinja"));
    Files.createDirectory(folder.resolve("gguf"));
    Files.move(folder.resolve("tiny.gguf"), folder.resolve("gguf/tiny.gguf"));
    Files.copy(FIXTURES.resolve("gguf/mixed.gguf"), folder.resolve("gguf/mixed.gguf"));
    String rows = " --threads 1 --data " + at("row.jsonl");
    Function<Path, Outcome> logprobs = command("logprobs --model DIR" + rows);
    add("safetensors", "tiny", List.of("model.safetensors"), logprobs);
    kinds.add(
        new FileKind(
            "safetensors-header",
            folder.resolve("tiny"),
            List.of("model.safetensors"),
            SoundFiles::damagedHeader,
            logprobs));
    add("index", "shards", List.of("model.safetensors.index.json"), logprobs);
    add("config", "tiny", List.of("config.json", "generation_config.json"), logprobs);
    add("tokenizer", "tiny", List.of("tokenizer.json", "tokenizer_config.json"), logprobs);
    add(
        "template",
        "tiny",
        List.of("chat_template.jinja"),
        command(
            "inspect --eval-fraction 0 --threads 1 --model DIR --data " + at("messages.jsonl")));
    add(
        "adapter",
        "lora-run/model",
        List.of("adapter_config.json", "adapter_model.safetensors"),
        logprobs);
    add("gguf", "gguf", List.of("tiny.gguf"), command("logprobs --model DIR/tiny.gguf" + rows));
    add(
        "gguf-types",
        "gguf",
        List.of("mixed.gguf"),
        command("logprobs --model DIR/mixed.gguf" + rows));
  }

  /** A header whose length fits, so that what stands in it is read. */
  private static byte[] damagedHeader(byte[] sound, long seed) {
    int length = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getInt();
    byte[] header = Corruption.of(Arrays.copyOfRange(sound, 8, 8 + length), seed);
    ByteBuffer all =
        ByteBuffer.allocate(sound.length - length + header.length).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(header.length).put(header).put(sound, 8 + length, sound.length - 8 - length);
    return all.array();
  }

  private void addRows() throws IOException {
    String demonstrations =
        "{\"prompt\":\"Is it 1?\",\"completion\":\" Yes, 12.\",\"x\":[1,{\"a\":null}]}\n"
            .repeat(20);
    String listed = "[" + String.join(",", demonstrations.split("\n")) + "]";
    String csv = "prompt,completion\n" + "Is it 1?,\" Yes, \"\"12\"\"\n.\"\n".repeat(20);
    addRows("json-lines", Map.of("a.jsonl", demonstrations.getBytes(UTF_8)));
    addRows(
        "json",
        Map.of(
            "a.json",
            listed.getBytes(UTF_8),
            "messages.json",
            Files.readAllBytes(folder.resolve("messages.jsonl"))));
    addRows("csv", Map.of("a.csv", csv.getBytes(UTF_8)));
    addRows("gzip", Map.of("a.jsonl.gz", gzip(demonstrations.repeat(50)), "a.csv.gz", gzip(csv)));
    addRows(
        "parquet",
        Map.of(
            "a.parquet",
            Files.readAllBytes(PARQUET.resolve("messages.parquet")),
            "b.parquet",
            Files.readAllBytes(PARQUET.resolve("rankings.parquet")),
            "snappy.parquet",
            Files.readAllBytes(PARQUET.resolve("snappy.parquet")),
            "gzip.parquet",
            Files.readAllBytes(PARQUET.resolve("gzip.parquet")),
            "zstd.parquet",
            Files.readAllBytes(PARQUET.resolve("zstd.parquet"))));
  }

  /** A folder for each file, since a command would have to read them all. */
  private void addRows(String name, Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      String sound = name + "-" + file.getKey();
      Files.createDirectory(folder.resolve(sound));
      Files.write(folder.resolve(sound).resolve(file.getKey()), file.getValue());
      add(
          name + (files.size() == 1 ? "" : "-" + file.getKey()),
          sound,
          List.of(file.getKey()),
          command(
              "inspect --threads 1 --eval-fraction 0 --max-new-tokens 8 --max-length 64 --model "
                  + at("tiny")
                  + (name.equals("gzip") ? " --data DIR/" : " --on-bad-row skip --data DIR/")
                  + file.getKey()));
    }
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  private void addSettings() throws IOException {
    Path settings = Files.createDirectory(folder.resolve("settings"));
    Files.writeString(
        settings.resolve("sft.yaml"),
        """
        # rows and steps
        data: [%s]
        eval-fraction: 0.0
        steps: 3
        batch-size: 2
        learning-rate: 1e-3
        max-length: 64
        lora-rank: 2
        """
            .formatted(at("row.jsonl")));
    Files.writeString(
        settings.resolve("pipeline.yaml"),
        """
        threads: 1
        seed: 3
        stages:
          - name: one
            stage: sft
            model: %s
            data: &rows %s
            steps: 2
          - {name: two, stage: reward, model: {from: one}, data: *rows, steps: 2}
        """
            .formatted(MODEL, at("row.jsonl")));
    add(
        "settings",
        "settings",
        List.of("sft.yaml"),
        command("plan sft --config DIR/sft.yaml --model " + MODEL));
    add("pipeline", "settings", List.of("pipeline.yaml"), SoundFiles::readPipeline);
  }

  /** Nothing runs: a damaged file may ask for more steps than there is time for. */
  private static Outcome readPipeline(Path folder) {
    try {
      Pipeline.read(folder.resolve("pipeline.yaml"), folder.resolve("out"), Map.of());
      return new Outcome(0, "", "");
    } catch (UserException | UncheckedIOException e) {
      return new Outcome(1, "", ErrorLine.of(e));
    }
  }

  private void addRuns() throws IOException {
    String sft =
        "sft --threads 1 --model %s --data %s --max-length 64".formatted(MODEL, at("row.jsonl"))
            + ADAM;
    Path state = Files.createDirectory(folder.resolve("checkpoint"));
    make(sft + " --steps 3 --checkpoint-every 1 --output " + state.resolve("run"));
    Files.delete(state.resolve("run/finished"));
    String steps = state + "/run/checkpoints/";
    // Of an earlier version, which wrote no checksums: what is damaged is read.
    Files.delete(Path.of(steps, "step-2/manifest.json"));
    Files.delete(Path.of(steps, "step-3/manifest.json"));
    String step = "run/checkpoints/step-3/";
    Function<Path, Outcome> resume = command(sft + " --steps 3 --resume --output DIR/run");
    add(
        "checkpoint",
        "checkpoint",
        List.of(
            step + "state.json", step + "model.safetensors", step + "model.optimizer.safetensors"),
        resume);
    add(
        "run",
        "checkpoint",
        List.of("run/config.yaml", "run/inputs.json", "run/metrics.jsonl"),
        resume);
    Path sums = Files.createDirectory(folder.resolve("checksums"));
    make(sft + " --steps 3 --checkpoint-every 1 --output " + sums.resolve("run"));
    Files.delete(sums.resolve("run/finished"));
    add(
        "checksums",
        "checksums",
        List.of(step + "manifest.json", step + "state.json", step + "model.safetensors"),
        resume);
    addScored();
  }

  private void addScored() throws IOException {
    make(
        "reward --threads 1 --model %s --data %s --steps 1 --output %s"
                .formatted(MODEL, at("pairs.jsonl"), at("reward"))
            + ADAM);
    add(
        "reward-manifest",
        "reward/model",
        List.of("rlhf.json"),
        command("score --threads 1 --reward-model DIR --data " + at("row.jsonl")));
    String grpo =
        ("grpo --threads 1 --model %s --data %s --reward length-penalty:1-4 --steps 2"
                + " --max-new-tokens 4 --prompts-per-step 1 --group-size 2 --quiet --output ")
            .formatted(MODEL, at("row.jsonl"));
    Path rollouts = Files.createDirectory(folder.resolve("rollouts"));
    make(grpo + rollouts.resolve("run"));
    add(
        "rollouts",
        "rollouts",
        List.of("run/rollouts.jsonl"),
        command(
            "grpo --threads 1 --quiet --replay DIR/run/rollouts.jsonl --output DIR/out --model "
                + MODEL));
    add(
        "report",
        "rollouts",
        List.of("run/metrics.jsonl", "run/samples.jsonl", "run/config.yaml", "run/rollouts.jsonl"),
        command("report DIR/run --output DIR/page.html"));
  }
}
