package org.rlhf4j.model.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.rlhf4j.settings.UserException;

/** The tensor engine: how it is started, its threads, and what autograd is asked for. */
public final class Torch {
  /** Held while libtorch computes. */
  private static final ReentrantLock COMPUTING = new ReentrantLock();

  private static boolean started;

  /** libtorch keeps for each thread whether it rewrites scripts, and does unless it is told. */
  private static final ThreadLocal<Boolean> RUNS_AS_WRITTEN = ThreadLocal.withInitial(() -> false);

  private Torch() {}

  /**
   * Starts the engine once, and makes this thread ready for it. All that computes goes through
   * here, so that the numbers don't depend on the thread: scripts run as written, without profiling
   * executor and fusion.
   *
   * @throws UserException where libtorch doesn't load, or isn't there
   */
  static void ready() {
    start();
    if (!RUNS_AS_WRITTEN.get()) {
      JniUtils.setGraphExecutorOptimize(false);
      RUNS_AS_WRITTEN.set(true);
    }
  }

  private static synchronized void start() {
    if (!started) {
      load();
      // When a signal ends the process, libtorch is torn down under whatever still computes in it:
      // the hook waits for that to come to its end and lets nothing begin after it.
      Runtime.getRuntime().addShutdownHook(new Thread(COMPUTING::lock));
      started = true;
    }
  }

  private static void load() {
    Libtorch.prepare();
    try {
      Engine.getEngine("PyTorch");
    } catch (RuntimeException | LinkageError e) {
      Optional<UserException> folder = NativeFolder.refusal("libtorch", e);
      if (folder.isPresent()) {
        throw folder.get();
      }
      Throwable root = e;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      throw new UserException(
          "libtorch can't be loaded: %s; docs/gpu.md says where it comes from"
              .formatted(root.getMessage()),
          e);
    }
  }

  /**
   * A manager for arrays on the CPU.
   *
   * @return a new one, to be closed by the caller
   */
  public static NDManager manager() {
    ready();
    return NDManager.newBaseManager(Device.cpu(), "PyTorch");
  }

  /** The engine's version, such as 2.7.1. */
  public static String version() {
    ready();
    return Engine.getEngine("PyTorch").getVersion();
  }

  /** The folder that libtorch was loaded from. */
  public static String libraryFolder() {
    ready();
    return LibUtils.getLibtorchPath();
  }

  /** Whether libtorch can compute on an NVIDIA GPU: it is built for one, and there is one. */
  static boolean hasCuda() {
    ready();
    return Engine.getEngine("PyTorch").hasCapability(StandardCapabilities.CUDA);
  }

  /** How many threads one operation may use. */
  public static int threads() {
    ready();
    return JniUtils.getNumThreads();
  }

  /**
   * Sets how many threads one operation may use. Results depend on it in the last digits.
   *
   * @param threads at least 1
   */
  public static void threads(int threads) {
    ready();
    JniUtils.setNumThreads(threads);
  }

  /** Computes in libtorch, unless the process is ending. */
  static <T> T compute(Supplier<T> work) {
    ready();
    COMPUTING.lock();
    try {
      return work.get();
    } finally {
      COMPUTING.unlock();
    }
  }

  /** An fp32 tensor of zeros in libtorch's own, aligned memory, on the host. */
  public static NDArray zeros(NDManager manager, long... shape) {
    return manager.zeros(new Shape(shape), DataType.FLOAT32);
  }

  /**
   * Makes an array of the host's require gradients, with a gradient of zeros; or not; see {@link
   * Placement#requiresGradient}.
   */
  public static void requiresGradient(NDArray array, boolean required) {
    Placement.HOST.requiresGradient(array, required);
  }

  /** Sets an array's gradient to zero, whatever it holds. */
  public static void zeroGradient(NDArray array) {
    JniUtils.zeroGrad((PtNDArray) array);
  }

  /** Sends a gradient back from an array through its graph, which is freed. */
  public static void backward(NDArray array, NDArray gradient) {
    compute(
        () -> {
          JniUtils.backward((PtNDArray) array, (PtNDArray) gradient, false, false);
          return array;
        });
  }
}
