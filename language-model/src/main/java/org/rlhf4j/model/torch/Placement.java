package org.rlhf4j.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.rlhf4j.settings.Precision;

/**
 * Where a network's arrays are: in the host's memory, or in that of a device. It alone gives out
 * the memory of arrays. What is read of a device's array is a copy, and read-only like the host's
 * own; who changes numbers does it in {@link #change}, after which they are where the array is. So
 * nothing that is written can be lost in a copy.
 *
 * <p>Arrays of a device are owned by managers of the CPU, like all others. Losses are computed on
 * the host: what they need is read from the device, and their gradients are uploaded.
 */
public final class Placement {
  /** The host's memory. */
  public static final Placement HOST = new Placement("cpu");

  /** The number formats as scripts number them. */
  private static final Map<Precision, Integer> FORMATS =
      Map.of(Precision.FP32, 6, Precision.BF16, 15);

  private static final Map<String, Placement> ALL = new ConcurrentHashMap<>(Map.of("cpu", HOST));

  private static volatile Placement chosen = HOST;

  private final String device;
  private TorchScript script; // compiled at first use

  private Placement(String device) {
    this.device = device;
  }

  /** The first NVIDIA GPU. */
  public static Placement gpu() {
    return on("cuda:0");
  }

  /**
   * A device of libtorch's.
   *
   * @param device its name there, such as {@code cuda:0}
   */
  public static Placement on(String device) {
    Placement placement = ALL.computeIfAbsent(device, Placement::new);
    if (!Set.of("cpu", "cuda").contains(placement.type())) {
      TorchScript.withoutInferenceMode();
    }
    return placement;
  }

  /** Where weights are put that are made or loaded from now on, in this process. */
  public static Placement chosen() {
    return chosen;
  }

  /** Chooses where weights are put from now on. */
  public static void choose(Placement placement) {
    chosen = placement;
  }

  /** Whether arrays are in the host's memory. */
  public boolean isHost() {
    return this == HOST;
  }

  /** The device's type as libtorch names it: {@code cpu}, {@code cuda}. */
  public String type() {
    return device.replaceFirst(":\\d+$", "");
  }

  /**
   * What networks' scripts have of their own here, to be taken in place of what they share: matrix
   * products, and on a device all that is for few launches.
   */
  public String machineSource() {
    String products = TorchScript.source(Placement.class, productFile());
    return isHost()
        ? products
        : TorchScript.methods(source(Placement.class, "on_device.py"), products);
  }

  /** What the logits in work take at most, in bytes. */
  public long logitBytes() {
    return (isHost() ? 24L : 512L) << 20;
  }

  /** The file with matrix products. */
  String productFile() {
    boolean x86 = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
    return isHost() && x86 ? "product_onednn.py" : "product_libtorch.py";
  }

  /**
   * A script's source with what is done in a way of its own here: the methods of {@code
   * NAME_TYPE.py}, where that lies beside it.
   *
   * @param owner the class beside which it lies
   * @param name {@code NAME.py}
   */
  public String source(Class<?> owner, String name) {
    String own = name.replace(".py", "_" + type() + ".py");
    String source = TorchScript.source(owner, name);
    return owner.getResource(own) == null
        ? source
        : TorchScript.methods(source, TorchScript.source(owner, own));
  }

  /**
   * Every how many decoding steps it is looked whether rows have ended. On a device a look waits
   * for all that was begun, and some steps too many cost less.
   */
  public int checkedEvery() {
    return isHost() ? 1 : 8;
  }

  private synchronized TorchScript script() {
    if (script == null) {
      String source = TorchScript.source(Placement.class, "placement.py");
      script = TorchScript.compile("Placement", source.replace("DEVICE", device), Map.of());
    }
    return script;
  }

  /** A tensor of zeros of a number format, in libtorch's own, aligned memory. */
  public NDArray zeros(NDManager manager, Precision precision, long... shape) {
    if (isHost() && precision == Precision.FP32) {
      return Torch.zeros(manager, shape);
    }
    try (NDArray sizes = manager.create(shape);
        NDArray format = manager.create((long) FORMATS.get(precision))) {
      // Without a graph it would be a tensor that no graph may take later.
      return script().runWithGraph("zeros", new NDList(sizes, format)).get(0);
    }
  }

  /**
   * The bytes of a contiguous array, to be read while it is open and isn't written to: on the host
   * its own, else a copy.
   */
  public ByteBuffer read(NDArray array) {
    if (isHost()) {
      return ordered(memory(array).asReadOnlyBuffer());
    }
    try (NDArray here = unnamed("download", array)) {
      ByteBuffer bytes = memory(here);
      return ordered(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip().asReadOnlyBuffer());
    }
  }

  /**
   * Changes numbers of a contiguous array.
   *
   * @param array here
   * @param work is given the bytes as they are, and may write to them until it returns
   */
  public void change(NDArray array, Consumer<ByteBuffer> work) {
    if (isHost()) {
      work.accept(memory(array));
      return;
    }
    try (NDArray here = unnamed("download", array)) {
      work.accept(memory(here));
      copy(here, array);
    }
  }

  /** The bytes of an array of the host's, shared with it. */
  private static ByteBuffer memory(NDArray array) {
    if (!array.getDevice().equals(Device.cpu())) {
      throw new IllegalStateException("the array is on " + array.getDevice() + ", not on the host");
    }
    return ordered(JniUtils.getByteBuffer((PtNDArray) array, true));
  }

  private static ByteBuffer ordered(ByteBuffer bytes) {
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The fp32 numbers of an array that is here. */
  public float[] floats(NDArray array) {
    if (isHost()) {
      return array.toFloatArray();
    }
    try (NDArray here = unnamed("download", array)) {
      return here.toFloatArray();
    }
  }

  /** The 64-bit integers of an array that is here. */
  public long[] longs(NDArray array) {
    if (isHost()) {
      return array.toLongArray();
    }
    try (NDArray here = unnamed("download", array)) {
      return here.toLongArray();
    }
  }

  /** A constant with the numbers of an array that is here, on the host. */
  public NDArray download(NDArray array) {
    return isHost() ? array.stopGradient() : unnamed("download", array);
  }

  /** The numbers of an array of the host's here: itself, where here is the host. */
  public NDArray upload(NDArray array) {
    return isHost() ? array : unnamed("upload", array);
  }

  /** Runs a method of the script on an array whose name isn't to be taken for a list's. */
  private NDArray unnamed(String method, NDArray array) {
    String name = array.getName();
    array.setName(null);
    try {
      // With a graph, so that the result may become a leaf; the method detaches what it is given.
      return script().runWithGraph(method, new NDList(array)).get(0);
    } finally {
      array.setName(name);
    }
  }

  /** Overwrites an array by the numbers of another of its shape, wherever either is. */
  public static void copy(NDArray from, NDArray to) {
    String fromName = from.getName();
    String toName = to.getName();
    from.setName("p[]");
    to.setName("p[]");
    try {
      copy(new NDList(from, to));
    } finally {
      from.setName(fromName);
      to.setName(toName);
    }
  }

  /** Overwrites each second array, {@code p[]}, by the one before it, rounded to its format. */
  public static void copy(NDList pairs) {
    HOST.script().run("copy", pairs).forEach(NDArray::close);
  }

  /**
   * Makes an array that is here require gradients, with a gradient of zeros; or not. The zeros are
   * sent back through the array itself: libtorch gives a leaf no gradient before its first backward
   * pass.
   */
  public void requiresGradient(NDArray array, boolean required) {
    JniUtils.attachGradient((PtNDArray) array, required);
    if (required) {
      try (NDArray zeros =
          isHost() ? array.zerosLike() : zeros(array.getManager(), Precision.FP32, shape(array))) {
        Torch.backward(array, zeros);
      }
    }
  }

  private static long[] shape(NDArray array) {
    return array.getShape().getShape();
  }

  @Override
  public String toString() {
    return device;
  }
}
