package org.rlhf4j.model;

import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.UserException;

/** Makes one model of all weights of an adapter and its base. */
public final class AdapterMerge {
  private final ModelFolder files;
  private final Path folder;

  private AdapterMerge(Path folder, ModelFolder files) {
    this.folder = folder;
    this.files = files;
  }

  /**
   * Opens an adapter.
   *
   * @param folder its folder, or a run directory
   * @return the merge to make
   * @throws UserException where it can't be read, or is no adapter
   */
  public static AdapterMerge of(Path folder) {
    ModelFolder files = ModelFolder.open(folder);
    if (!files.isAdapter()) {
      throw new UserException(
          files.folder() + ": this is a whole model, not an adapter, so there is nothing to merge");
    }
    return new AdapterMerge(folder, files);
  }

  /**
   * Writes W + s A B for every adapted matrix W, all other weights as they are, a reward model's
   * head, and the tokenizer.
   *
   * @param output an existing, empty folder
   * @param format how the weights are written
   * @throws IOException where it can't be written
   */
  public void write(Path output, SaveFormat format) throws IOException {
    if (files.isScalar()) {
      try (ScalarModel model = ScalarModel.load(folder)) {
        model.saveMerged(output, format);
      }
    } else {
      try (LanguageModel model = LanguageModel.load(folder)) {
        model.saveMerged(output, format);
      }
    }
  }
}
