package org.rlhf4j.model.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.model.gguf.GgufModel;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.settings.JsonFiles;

/** The small files beside a model's weights, by the names that they have in its folder. */
public final class ModelTexts {
  private final Path place;
  private final GgufModel gguf; // null where they lie in a folder

  private ModelTexts(Path place, GgufModel gguf) {
    this.place = place;
    this.gguf = gguf;
  }

  /**
   * The files of a model.
   *
   * @param place a folder, or a GGUF file
   */
  public static ModelTexts of(Path place) {
    return new ModelTexts(place, ModelPath.isGguf(place) ? GgufModel.open(place) : null);
  }

  /** The folder, or the GGUF file. */
  public Path place() {
    return place;
  }

  /** Where a file lies, for messages: of a GGUF file that itself. */
  public Path path(String name) {
    return gguf == null ? place.resolve(name) : place;
  }

  /** A file's content, or nothing where there is none. */
  public Optional<byte[]> bytes(String name) {
    if (gguf != null) {
      return gguf.file(name);
    }
    Path file = place.resolve(name);
    return Files.isRegularFile(file) ? Optional.of(JsonFiles.bytes(file)) : Optional.empty();
  }

  /** A JSON file, a missing node where there is none. */
  public JsonNode json(String name) {
    return bytes(name)
        .map(bytes -> JsonFiles.parse(path(name), bytes))
        .orElse(MissingNode.getInstance());
  }

  /**
   * The files of a folder inside it, by the names that {@link #bytes} takes.
   *
   * @param folder such as {@code additional_chat_templates}
   * @param suffix of the files' names
   * @return their names with the folder's before it, in order
   */
  public List<String> names(String folder, String suffix) throws IOException {
    Path inside = place.resolve(folder);
    if (gguf != null || !Files.isDirectory(inside)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(inside)) {
      return files
          .map(file -> folder + "/" + file.getFileName())
          .filter(name -> name.endsWith(suffix))
          .sorted()
          .toList();
    }
  }

  /** Whether these are the files of that folder. */
  public boolean areIn(Path folder) throws IOException {
    return gguf == null && Files.isSameFile(place, folder);
  }
}
