package org.rlhf4j.model.torch;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A compiled script in TorchScript whose weights are arguments. Arguments are named as DJL's
 * PyTorch engine wants them: arrays named {@code x[]} arrive as one {@code List[Tensor]}, all
 * others one by one in their order. Results belong to the manager of the first argument.
 */
public final class TorchScript implements AutoCloseable {
  private static final Pattern DEF = Pattern.compile("  def (\\w+)\\(");

  /** Whether libtorch's inference mode is used where no graph is wanted. */
  private static volatile boolean inferenceMode = true;

  private final Model model; // the native module dies with it
  private final PtSymbolBlock block;

  private TorchScript(Model model) {
    this.model = model;
    this.block = (PtSymbolBlock) model.getBlock();
  }

  /**
   * Compiles a script.
   *
   * @param type the class's name, by which the source speaks of itself ({@code __torch__.TYPE})
   * @param methods the class's methods, each indented by two spaces
   * @param attributes the module's attributes: {@code Integer}, {@code Double}, a list of either or
   *     an empty dictionary
   * @return the script
   * @throws IllegalArgumentException where the source doesn't compile
   * @throws org.rlhf4j.settings.UserException where the folder for temporary files can't be written
   */
  public static TorchScript compile(String type, String methods, Map<String, ?> attributes) {
    StringBuilder source = new StringBuilder("class " + type + "(Module):\n");
    source.append("  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
    attributes.forEach(
        (name, value) -> source.append("  %s : %s\n".formatted(name, TorchArchive.typeOf(value))));
    source.append(methods);
    Torch.ready();
    Model model = Model.newInstance(type, "PyTorch");
    try {
      model.load(new ByteArrayInputStream(TorchArchive.of(type, source.toString(), attributes)));
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw NativeFolder.temporaryRefusal(e)
          .map(RuntimeException.class::cast)
          .orElseGet(
              () -> new IllegalArgumentException(type + " doesn't compile: " + e.getMessage(), e));
    }
    return new TorchScript(model);
  }

  /**
   * Reads a script's source from a class's resources.
   *
   * @param owner the class beside which it lies
   * @param name the file's name
   * @return the text
   */
  public static String source(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads the methods of several files beside a class; one of a later file takes the place of that
   * of the same name in an earlier one. A method is what goes from its {@code def} to the next.
   */
  public static String methods(Class<?> owner, List<String> names) {
    return methods(names.stream().map(name -> source(owner, name)).toArray(String[]::new));
  }

  /** The methods of several sources, likewise. */
  public static String methods(String... sources) {
    Map<String, String> methods = new LinkedHashMap<>();
    for (String source : sources) {
      for (String method : source.split("(?m)^(?=  def )")) {
        Matcher head = DEF.matcher(method);
        if (head.lookingAt()) {
          methods.put(head.group(1), method);
        }
      }
    }
    return String.join("", methods.values());
  }

  /** Runs a method without recording a graph; its results can't enter one later. */
  public NDList run(String method, NDList arguments) {
    return call(method, arguments, false);
  }

  /** Runs a method so that gradients can flow back through its results. */
  public NDList runWithGraph(String method, NDList arguments) {
    return call(method, arguments, true);
  }

  /**
   * Does without inference mode from now on, for a device that hasn't got it: no graph is recorded
   * all the same, at a little more work.
   */
  static void withoutInferenceMode() {
    inferenceMode = false;
  }

  private NDList call(String method, NDList arguments, boolean graph) {
    NDManager manager = arguments.get(0).getManager();
    NDList all = new NDList(arguments);
    try (NDArray name = manager.create(0)) {
      name.setName("module_method:" + method);
      all.add(name);
      return Torch.compute(() -> forward(all, graph));
    }
  }

  private NDList forward(NDList all, boolean graph) {
    if (graph || inferenceMode) {
      return IValueUtils.forward(block, all, graph);
    }
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try {
      return IValueUtils.forward(block, all, true);
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
