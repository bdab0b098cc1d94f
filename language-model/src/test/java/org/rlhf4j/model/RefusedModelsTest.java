package org.rlhf4j.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.testing.RefusalTable;

/** The refusals that {@code docs/models.md} lists, with their messages. */
class RefusedModelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path temp;
  private final RefusalTable table = new RefusalTable();

  @Test
  void theDocumentListsThemWithTheirMessages() throws IOException {
    table.name(temp + "/", "");
    weights();
    configurations();
    adapters();
    templates();
    table.assertIsIn(Path.of("../docs/models.md"));
  }

  private void weights() throws IOException {
    header( // its bytes are those of a mask, which is passed over
        "a tensor is missing",
        h -> h.set("transformer.h.1.attn.bias", h.remove("transformer.h.1.ln_2.bias")));
    header("a tensor has another shape", h -> shape(h, "transformer.wpe.weight", 32, 64));
    header(
        "a tensor is unknown",
        h -> h.putObject("extra.weight").put("dtype", "F32").setAll(nothing()));
    header("a tensor is of a type that isn't read", h -> type(h, "transformer.ln_f.bias", "I32"));
    header("a tensor is quantized", h -> type(h, "transformer.ln_f.bias", "F4"));

    Path untied = copy("llama-gqa-tied");
    edit(untied, c -> c.put("tie_word_embeddings", false));
    load("there is no head", untied);
    header(
        "the names have a prefix",
        h ->
            List.copyOf(h.properties()).stream()
                .filter(entry -> entry.getValue().has("shape")) // not the file's metadata
                .forEach(e -> h.set("_orig_mod." + e.getKey(), h.remove(e.getKey()))));
    Path broken = copy("gpt2");
    byte[] last = Files.readAllBytes(broken.resolve(WEIGHTS));
    Arrays.fill(last, last.length - 4, last.length, (byte) 0xff);
    Files.write(broken.resolve(WEIGHTS), last);
    load("a number isn't finite", broken);

    Path cut = copy("gpt2");
    byte[] bytes = Files.readAllBytes(cut.resolve(WEIGHTS));
    Files.write(cut.resolve(WEIGHTS), Arrays.copyOf(bytes, 1000));
    load("a file is cut", cut);

    Path pickle = copy("gpt2");
    Files.move(pickle.resolve(WEIGHTS), pickle.resolve("pytorch_model.bin"));
    load("weights are a pickle", pickle);

    Path none = copy("gpt2");
    Files.delete(none.resolve(WEIGHTS));
    load("there are no weights", none);

    Path sharded = copy("llama-untied-bf16");
    Files.delete(sharded.resolve("model-00002-of-00003.safetensors"));
    load("a shard is missing", sharded);
    Files.writeString(
        sharded.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"model.norm.weight\": \"../model.safetensors\"}}");
    load("an index leaves the folder", sharded);

    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      model.parameters().change(2, memory -> memory.putFloat(0, 1e6f));
      Path saved = Files.createDirectory(temp.resolve("saved"));
      table.add(
          "a weight doesn't fit `--save-dtype`",
          () -> model.save(saved, new SaveFormat(Dtype.FP16, 1 << 20)));
    }
  }

  private void configurations() throws IOException {
    config("the family is unknown", "gpt2", c -> c.put("model_type", "mixtral"));
    config(
        "rotary positions of another type",
        "llama-gqa-tied",
        c -> ((ObjectNode) c.get("rope_parameters")).put("rope_type", "mrope"));
    config("another activation", "llama-gqa-tied", c -> c.put("hidden_act", "relu"));
    config("softcapping", "gemma3", c -> c.put("attn_logit_softcapping", 50));
    config("attention to both sides", "gemma3", c -> c.put("use_bidirectional_attention", true));
    config("another scale of attention", "gpt2", c -> c.put("scale_attn_weights", false));
    config("a size is missing", "llama-gqa-tied", c -> c.remove("hidden_size"));
    Path labels = copy("llama-reward");
    edit(labels, c -> c.putObject("id2label").put("0", "A").put("1", "B"));
    table.add("a classifier of several labels", () -> ScalarModel.load(labels).close());
    Path causal = copy("llama-reward");
    edit(causal, c -> c.putArray("architectures").add("LlamaForCausalLM"));
    table.add("a language model with a scalar head", () -> ScalarModel.load(causal).close());
    Path tokens = copy("gpt2");
    Files.writeString(tokens.resolve("added_tokens.json"), "{\"<|more|>\": 999}");
    load("a token has another id than the next", tokens);
    Path gpt2 = copy("gpt2");
    table.add("a language model as reward model", () -> ScalarModel.load(gpt2).close());
    Path reward = copy("gpt2-reward");
    table.add("a reward model as language model", () -> LanguageModel.load(reward).close());
    table.add("there is no folder", () -> LanguageModel.load(temp.resolve("nowhere")).close());
  }

  private void adapters() throws IOException {
    adapter("an adapter of another kind", c -> c.put("use_dora", true));
    adapter(
        "an adapter with ranks of its own for some modules",
        c -> c.putObject("rank_pattern").put("q_proj", 4));
    adapter(
        "an adapter whose base isn't there", c -> c.put("base_model_name_or_path", "../gone/away"));
  }

  private void templates() throws IOException {
    template("a chat template uses what isn't supported", "{% include 'other' %}");
    template("a chat template has a mistake", "{% if messages %}{{ messages[0].content }}");
    template(
        "a chat template refuses the messages", "{{ raise_exception('roles must alternate') }}");
    Path without = copy("gpt2");
    table.add("there is no chat template", () -> prompt(without));
  }

  private void header(String what, Consumer<ObjectNode> change) throws IOException {
    Path folder = copy("gpt2");
    Path file = folder.resolve(WEIGHTS);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    ObjectNode header = (ObjectNode) JSON.readTree(bytes.array(), 8, length);
    change.accept(header);
    byte[] text = JSON.writeValueAsBytes(header);
    ByteBuffer out =
        ByteBuffer.allocate(bytes.capacity() - length + text.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(text.length).put(text).put(bytes.position(8 + length));
    Files.write(file, out.array());
    load(what, folder);
  }

  /** A tensor without elements. */
  private static ObjectNode nothing() {
    ObjectNode entry = JSON.createObjectNode();
    entry.putArray("shape").add(0);
    entry.putArray("data_offsets").add(0).add(0);
    return entry;
  }

  private static void shape(ObjectNode header, String tensor, int rows, int columns) {
    ((ObjectNode) header.get(tensor)).putArray("shape").add(rows).add(columns);
  }

  private static void type(ObjectNode header, String tensor, String type) {
    ((ObjectNode) header.get(tensor)).put("dtype", type);
  }

  private void config(String what, String name, Consumer<ObjectNode> change) throws IOException {
    Path folder = copy(name);
    edit(folder, change);
    load(what, folder);
  }

  private void adapter(String what, Consumer<ObjectNode> change) throws IOException {
    Path folder = copy("lora-llama");
    Path file = folder.resolve("adapter_config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.put("base_model_name_or_path", Fixture.of("llama-gqa-tied").folder().toString());
    change.accept(json);
    JSON.writeValue(file.toFile(), json);
    load(what, folder);
  }

  private void template(String what, String source) throws IOException {
    Path folder = copy("gpt2");
    Files.writeString(folder.resolve("chat_template.jinja"), source);
    table.add(what, () -> prompt(folder));
  }

  private static void prompt(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      ChatTemplate.of(tokenizer).prompt(List.of(new ChatMessage("user", "Hi")));
    }
  }

  private static void edit(Path folder, Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(json);
    JSON.writeValue(file.toFile(), json);
  }

  private void load(String what, Path folder) {
    table.add(what, () -> LanguageModel.load(folder).close());
  }

  /** A copy of a fixture, called {@code model} in messages. */
  private Path copy(String name) throws IOException {
    Path target = Files.createTempDirectory(temp, "copy");
    table.name(target.getFileName(), "model");
    try (Stream<Path> files = Files.list(Fixture.of(name).folder())) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }
}
