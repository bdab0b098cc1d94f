package org.rlhf4j.bench;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** Counts the tensors that are open in this process, whichever manager they belong to. */
final class LiveArrays {

  private LiveArrays() {}

  /** How many there are. */
  static int count() {
    try (NDManager manager = NDManager.newBaseManager()) {
      return in(manager.getParentManager());
    }
  }

  private static int in(NDManager manager) {
    int count = 0;
    for (Object resource : resources(manager).values()) {
      if (resource instanceof NDArray) {
        count++;
      } else if (resource instanceof NDManager child) {
        count += in(child);
      }
    }
    return count;
  }

  /** DJL gives only the arrays of one manager, not the managers below it. */
  private static Map<?, ?> resources(NDManager manager) {
    try {
      Field resources = BaseNDManager.class.getDeclaredField("resources");
      resources.setAccessible(true);
      return (Map<?, ?>) resources.get(manager);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("another DJL has other fields", e);
    }
  }
}
