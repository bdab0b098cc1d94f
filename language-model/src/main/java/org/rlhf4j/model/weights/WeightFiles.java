package org.rlhf4j.model.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.rlhf4j.hub.PickleCheckpoint;
import org.rlhf4j.settings.JsonFiles;
import org.rlhf4j.settings.UserException;

/**
 * The weights of a model folder: one safetensors file, or shards beside an index that says where
 * each tensor lies.
 */
public final class WeightFiles {
  private static final String WHOLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private WeightFiles() {}

  /**
   * Finds a folder's files.
   *
   * @throws UserException where there are none, or other ones
   */
  public static List<Path> of(Path folder) {
    if (Files.isRegularFile(folder.resolve(WHOLE))) {
      return List.of(folder.resolve(WHOLE));
    }
    if (Files.isRegularFile(folder.resolve(INDEX))) {
      return shards(folder.resolve(INDEX));
    }
    Optional<String> pickle = PickleCheckpoint.among(name -> Files.exists(folder.resolve(name)));
    if (pickle.isPresent()) {
      Path config = folder.resolve("config.json");
      String path = folder.toString();
      throw PickleCheckpoint.refusal(
          path, pickle.get(), JsonFiles.parse(config, JsonFiles.bytes(config)), path, null, path);
    }
    throw new UserException(
        folder + ": no " + WHOLE + "; `rlhf new` makes a model from a configuration");
  }

  private static List<Path> shards(Path index) {
    Set<Path> shards = new LinkedHashSet<>();
    for (JsonNode shard : JsonFiles.parse(index, JsonFiles.bytes(index)).path("weight_map")) {
      if (!shard.asText().matches("[\\w.-]+\\.safetensors")) {
        throw new UserException(
            index
                + ": it names the file "
                + shard
                + "; shards must be safetensors files beside the index");
      }
      shards.add(index.resolveSibling(shard.asText()));
    }
    return List.copyOf(shards);
  }

  /**
   * Writes weights under the names that transformers gives files: where they don't fit one, shards
   * in the tensors' order, each as full as it gets, and the index.
   *
   * @param folder an existing folder
   * @param tensors the tensors by name
   * @param format their number format, and the size of a file
   */
  public static void write(Path folder, Map<String, StridedTensor> tensors, SaveFormat format)
      throws IOException {
    List<Map<String, StridedTensor>> shards = split(tensors, format);
    if (shards.size() == 1) {
      Safetensors.write(folder.resolve(WHOLE), tensors, format.dtype());
      return;
    }
    Map<String, String> places = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String name =
          String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
      Safetensors.write(folder.resolve(name), shards.get(i), format.dtype());
      shards.get(i).keySet().forEach(tensor -> places.put(tensor, name));
    }
    ObjectNode index = JSON.createObjectNode();
    index
        .putObject("metadata")
        .put("total_parameters", tensors.values().stream().mapToLong(StridedTensor::size).sum())
        .put("total_size", tensors.values().stream().mapToLong(format::bytes).sum());
    ObjectNode map = index.putObject("weight_map");
    places.forEach(map::put);
    Files.writeString(folder.resolve(INDEX), index.toPrettyString() + "\n");
  }

  private static List<Map<String, StridedTensor>> split(
      Map<String, StridedTensor> tensors, SaveFormat format) {
    List<Map<String, StridedTensor>> shards = new ArrayList<>();
    Map<String, StridedTensor> open = new LinkedHashMap<>();
    long size = 0;
    for (Map.Entry<String, StridedTensor> tensor : tensors.entrySet()) {
      long bytes = format.bytes(tensor.getValue());
      if (size + bytes > format.maxShardBytes() && !open.isEmpty()) {
        shards.add(open);
        open = new LinkedHashMap<>();
        size = 0;
      }
      open.put(tensor.getKey(), tensor.getValue());
      size += bytes;
    }
    shards.add(open);
    return shards;
  }
}
