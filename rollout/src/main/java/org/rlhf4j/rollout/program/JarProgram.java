package org.rlhf4j.rollout.program;

import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * A user's class, loaded from a jar or a folder of classes, or without one from where the thread
 * that runs finds its classes. What goes wrong in it is named.
 */
final class JarProgram implements RewardProgram {
  private static final String CLASS_PATH = "the class path";

  private final String name;
  private final RewardProgram program;
  private final Closeable loader;

  private JarProgram(String name, RewardProgram program, Closeable loader) {
    this.name = name;
    this.program = program;
    this.loader = loader;
  }

  /**
   * Loads a class and makes one instance.
   *
   * @param argument {@code JAR#CLASS}, or {@code #CLASS} of a class on the class path
   * @throws UserException where there is no such jar or class, or it is no program
   */
  static JarProgram open(String argument) {
    String name = argument.substring(argument.lastIndexOf('#') + 1);
    Optional<Path> jar = jar(argument);
    if (jar.isEmpty()) {
      ClassLoader ofTheProcess = Thread.currentThread().getContextClassLoader();
      return new JarProgram(name, program(CLASS_PATH, name, ofTheProcess), () -> {});
    }
    requireReadable(jar.get());
    URLClassLoader loader = loader(jar.get());
    return new JarProgram(name, program(jar.get(), name, loader), loader);
  }

  private static RewardProgram program(Object jar, String name, ClassLoader loader) {
    try {
      Class<?> type = Class.forName(name, true, loader);
      if (!RewardProgram.class.isAssignableFrom(type)) {
        throw fault(jar, "class %s doesn't implement %s", name, RewardProgram.class.getName());
      }
      return (RewardProgram) type.getConstructor().newInstance();
    } catch (ClassNotFoundException e) {
      throw fault(jar, "holds no class %s; give its name with the package", name);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw fault(jar, "%s must be public, with a public constructor without parameters", name);
    } catch (InvocationTargetException e) {
      throw fault(jar, "the constructor of %s failed: %s", name, e.getCause());
    } catch (LinkageError e) {
      throw fault(jar, "%s can't be loaded: %s", name, e);
    }
  }

  /** The jar of an argument; none where the class is on the class path. */
  static Optional<Path> jar(String argument) {
    int hash = argument.lastIndexOf('#');
    if (hash < 0 || hash == argument.length() - 1) {
      throw new UsageException(
          "class needs a jar and a class in it, class:rewards.jar#com.example.MyReward; not '%s'"
              .formatted(argument));
    }
    return hash == 0 ? Optional.empty() : Optional.of(Path.of(argument.substring(0, hash)));
  }

  private static void requireReadable(Path jar) {
    if (!Files.exists(jar)) {
      throw fault(jar, "no such jar or folder of classes");
    }
    if (Files.isRegularFile(jar)) {
      try {
        new JarFile(jar.toFile()).close();
      } catch (IOException e) {
        throw fault(jar, "not a jar: %s", e.getMessage());
      }
    }
  }

  private static URLClassLoader loader(Path jar) {
    try {
      URL[] urls = {jar.toUri().toURL()};
      return new URLClassLoader(urls, RewardProgram.class.getClassLoader());
    } catch (IOException e) {
      throw fault(jar, "can't be read: %s", e.getMessage());
    }
  }

  private static UserException fault(Object jar, String what, Object... values) {
    return new UserException("--reward class: " + jar + ": " + what.formatted(values));
  }

  @Override
  public double score(CompletedPrompt completed) {
    return guarded(() -> program.score(completed));
  }

  @Override
  public void foresee(CompletedPrompt completed) {
    guarded(
        () -> {
          program.foresee(completed);
          return null;
        });
  }

  @Override
  public double[] scoreAll(List<CompletedPrompt> batch) {
    return guarded(() -> program.scoreAll(batch));
  }

  @Override
  public List<Judgement> judgeAll(List<CompletedPrompt> batch) {
    return guarded(() -> program.judgeAll(batch));
  }

  private <T> T guarded(Supplier<T> work) {
    try {
      return work.get();
    } catch (UserException e) {
      throw e;
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      StackTraceElement[] trace = e.getStackTrace();
      throw new UserException(
          "--reward class: %s failed%s: %s"
              .formatted(name, trace.length == 0 ? "" : " at " + trace[0], e),
          e);
    }
  }

  @Override
  public void close() {
    try (loader) {
      program.close();
    } catch (IOException e) {
      throw new UserException(
          "--reward class: " + name + ": can't be closed: " + e.getMessage(), e);
    }
  }
}
