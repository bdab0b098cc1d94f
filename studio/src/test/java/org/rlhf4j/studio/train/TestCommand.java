package org.rlhf4j.studio.train;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Stands for the {@code rlhf} command, which isn't on this module's class path. */
public final class TestCommand {

  private TestCommand() {}

  /** Starts a class of these tests as this process was started, with all that it sees. */
  public static RlhfCommand of(Class<?> main) {
    List<String> java = new ArrayList<>(RlhfCommand.ofThisProcess(main.getName()).java());
    if (Thread.currentThread().getContextClassLoader() instanceof URLClassLoader loader) {
      java.set(
          java.size() - 1,
          Arrays.stream(loader.getURLs())
              .map(URL::getPath)
              .collect(Collectors.joining(File.pathSeparator)));
    }
    return new RlhfCommand(java, main.getName());
  }
}
