package org.rlhf4j.training.optimizer;

import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;

/** A network's weights in a checkpoint: fp32 safetensors under their Hugging Face names. */
public final class WeightsFile {

  private WeightsFile() {}

  /**
   * Writes weights.
   *
   * @param parameters the weights
   * @param file a safetensors file to create
   * @throws IOException when it can't be written
   */
  public static void save(Parameters parameters, Path file) throws IOException {
    Safetensors.write(file, parameters.tensors());
  }

  /**
   * Overwrites weights by those that {@link #save} wrote, bit for bit.
   *
   * @param parameters weights of the same shapes
   * @param file a safetensors file
   * @throws UserException when it is damaged or of another model
   */
  public static void load(Parameters parameters, Path file) {
    Safetensors saved = Safetensors.open(file);
    for (int i = 0; i < parameters.specs().size(); i++) {
      parameters.changeTensors(
          i, parts -> parts.forEach((name, tensor) -> copy(saved, name, tensor)));
    }
    parameters.updateCopies();
  }

  private static void copy(Safetensors saved, String name, StridedTensor target) {
    Safetensors.Entry entry = saved.entries().get(name);
    if (entry == null || !entry.shape().equals(target.shape())) {
      throw new UserException(
          "%s: tensor %s should have shape %s; the checkpoint is of another model"
              .formatted(saved.file(), name, target.shape()));
    }
    saved.copy(name, target);
  }
}
