package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;

/** A model as it is written to a GGUF file. */
public final class GgufExport {
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final List<WrittenTensor> tensors = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Architecture architecture;

  /**
   * The tokens and the template that a file names beside a vocabulary.
   *
   * @param eos ends a sequence
   * @param bos begins one
   * @param pad fills up a batch, elsewhere
   * @param stops end sampling, {@code eos} among them
   * @param template the chat template's source
   */
  public record Texts(
      int eos, OptionalInt bos, OptionalInt pad, int[] stops, Optional<String> template) {}

  /**
   * Prepares a file.
   *
   * @param model for messages, and the file's name for the model
   * @param config its configuration
   * @param blueprint what that asks for
   * @param tokenizer its tokenizer.json
   * @param texts its special tokens and template
   * @param weights by the checkpoint's names without the backbone's prefix
   * @param format the matrices' number format
   * @throws UserException where llama.cpp couldn't compute the model
   */
  public GgufExport(
      Path model,
      ObjectNode config,
      Blueprint blueprint,
      JsonNode tokenizer,
      Texts texts,
      Map<String, StridedTensor> weights,
      GgufFormat format) {
    architecture = Architecture.ofFamily(config.path("model_type").asText(), model);
    general(model, format, tokenizer);
    ConfigKeys keys = new ConfigKeys(model, config, blueprint, architecture, notes);
    metadata.putAll(keys.keys());
    int rows = blueprint.dimensions().vocabulary();
    metadata.putAll(new TokenizerKeys(model, tokenizer, rows, notes).keys());
    texts(texts, tokenizer);
    keys.rotaryFactors().forEach((name, factors) -> tensors.add(rotary(name, factors)));
    weights.forEach((name, view) -> add(model, name, weights, blueprint.dimensions(), format));
    noteOthers(format);
  }

  private void general(Path model, GgufFormat format, JsonNode tokenizer) {
    Path name = model.toAbsolutePath().normalize().getFileName();
    metadata.put("general.architecture", architecture.key());
    metadata.put("general.type", "model");
    metadata.put(
        SpacesAfterTokens.NAME, SpacesAfterTokens.nameFor(String.valueOf(name), tokenizer, notes));
    metadata.put("general.file_type", format.fileType());
    metadata.put("general.quantization_version", 2);
  }

  private void texts(Texts texts, JsonNode tokenizer) {
    metadata.put("tokenizer.ggml.eos_token_id", texts.eos());
    texts.bos().ifPresent(id -> metadata.put("tokenizer.ggml.bos_token_id", id));
    texts.pad().ifPresent(id -> metadata.put("tokenizer.ggml.padding_token_id", id));
    String unknown = tokenizer.path("model").path("unk_token").asText("");
    JsonNode id = tokenizer.path("model").path("vocab").path(unknown);
    if (id.isInt()) {
      metadata.put("tokenizer.ggml.unknown_token_id", id.intValue());
    }
    texts.template().ifPresent(source -> metadata.put(GgufModel.CHAT_TEMPLATE, source));
    stops(texts);
  }

  /** A file has three names for tokens that end sampling: of a sequence, a turn and a message. */
  private void stops(Texts texts) {
    List<Integer> others = new ArrayList<>();
    for (int stop : texts.stops()) {
      if (stop != texts.eos()) {
        others.add(stop);
      }
    }
    List<String> names = List.of("eot", "eom");
    for (int i = 0; i < Math.min(names.size(), others.size()); i++) {
      metadata.put("tokenizer.ggml." + names.get(i) + "_token_id", others.get(i));
    }
    if (others.size() > names.size()) {
      List<Integer> left = others.subList(names.size(), others.size());
      metadata.put(GgufModel.STOP_IDS, left);
      notes.add("llama.cpp knows three stop ids of a file; it may not stop at " + left);
    }
  }

  private static WrittenTensor rotary(String name, List<Double> factors) {
    ByteBuffer memory = ByteBuffer.allocate(factors.size() * Float.BYTES);
    StridedTensor view = StridedTensor.contiguous(List.of((long) factors.size()), memory);
    float[] values = new float[factors.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = factors.get(i).floatValue();
    }
    view.put(0, 1, values);
    RowOrder order = new RowOrder(Layout.SAME, 1, values.length);
    return new WrittenTensor(name, name, GgufType.F32, view, order);
  }

  private void add(
      Path model,
      String name,
      Map<String, StridedTensor> weights,
      Dimensions dimensions,
      GgufFormat format) {
    String whole = TensorRule.nameOfHeads(name);
    TensorRule rule =
        architecture
            .ruleOfNamed(whole)
            .orElseThrow(
                () ->
                    new UserException(
                        "%s: llama.cpp's %s has no tensor for %s"
                            .formatted(model, architecture.key(), name)));
    boolean byHead = rule.layout() == Layout.BY_HEAD;
    if (byHead && !name.equals(TensorRule.nameOfHead(whole, 0))) {
      return; // a row of the first one's tensor
    }
    StridedTensor tensor = byHead ? heads(whole, weights) : weights.get(name);
    RowOrder order = RowOrder.of(rule.layout(), dimensions);
    StridedTensor view = order.view(tensor);
    GgufType type =
        tensor.shape().size() == 1 ? GgufType.F32 : format.of(view.shape(), rule.layout());
    tensors.add(new WrittenTensor(rule.storedOf(whole), name, type, view, order));
  }

  private static StridedTensor heads(String whole, Map<String, StridedTensor> weights) {
    List<StridedTensor> rows = new ArrayList<>();
    while (weights.containsKey(TensorRule.nameOfHead(whole, rows.size()))) {
      rows.add(weights.get(TensorRule.nameOfHead(whole, rows.size())));
    }
    return StridedTensor.stacked(rows);
  }

  private void noteOthers(GgufFormat format) {
    long others =
        tensors.stream()
            .filter(tensor -> tensor.shape().size() > 1)
            .filter(tensor -> tensor.type() != format.type() && tensor.type() == GgufType.F16)
            .count();
    if (others > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%d tensors have rows that aren't whole blocks of %d, so they are f16 instead of %s",
              others,
              format.type().blockSize(),
              format));
    }
  }

  /** What the file can't say, one sentence each. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** What the file is, in a few words. */
  public String summary() {
    long bytes = tensors.stream().mapToLong(WrittenTensor::bytes).sum();
    return String.format(
        Locale.ROOT, "%s, %d tensors, %.1f MB", architecture.key(), tensors.size(), bytes / 1e6);
  }

  /**
   * Writes the file.
   *
   * @throws IOException where it can't be written
   * @throws UserException where a weight isn't finite, or too large for its format
   */
  public void write(Path file) throws IOException {
    GgufWriter.write(file, metadata, tensors);
  }

  /**
   * Overwrites the model's weights by those that the file stands for.
   *
   * @param weights those that were written
   */
  public void round(Parameters weights) {
    for (int i = 0; i < weights.specs().size(); i++) {
      weights.changeTensors(i, this::round);
    }
  }

  private void round(Map<String, StridedTensor> parts) {
    tensors.stream()
        .filter(tensor -> parts.containsKey(tensor.source()))
        .forEach(tensor -> tensor.round(parts.get(tensor.source())));
  }
}
