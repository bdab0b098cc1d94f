package org.rlhf4j.testing;

import com.sun.jna.NativeLibrary;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The device {@code lazy} of libtorch's build for the CPU: a second device on every machine. Its
 * numbers are real, and a tensor of the host's beside one of its own is an error, as on a GPU. It
 * knows nothing of a GPU's kernels.
 */
public final class LazyDevice {
  /** Its name in libtorch. */
  public static final String NAME = "lazy";

  private static boolean started;

  private LazyDevice() {}

  /**
   * Switches it on, once a process.
   *
   * @param libtorch the folder that libtorch was loaded from
   * @return whether this build of libtorch has it
   */
  public static synchronized boolean start(String libtorch) {
    Path library = Path.of(libtorch, System.mapLibraryName("torch_cpu"));
    if (!started && Files.isRegularFile(library)) {
      NativeLibrary.getInstance(library.toString())
          .getFunction("_ZN5torch4lazy22InitTorchScriptBackendEv")
          .invoke(void.class, new Object[0]);
      started = true;
    }
    return started;
  }
}
