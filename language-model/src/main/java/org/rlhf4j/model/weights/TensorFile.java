package org.rlhf4j.model.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.rlhf4j.settings.UserException;

/** A file with tensors, under the names and in the layout of a checkpoint of transformers. */
public interface TensorFile {
  /** The file. */
  Path file();

  /** The names of its tensors. */
  Set<String> names();

  /** A tensor's shape. */
  List<Long> shape(String name);

  /**
   * Copies a tensor into memory, from fp32 or widened to it.
   *
   * @param name the tensor's name
   * @param target where its values go, of the same shape
   * @throws UserException where it can't be read
   */
  void copy(String name, StridedTensor target);
}
