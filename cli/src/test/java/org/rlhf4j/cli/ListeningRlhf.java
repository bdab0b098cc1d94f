package org.rlhf4j.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The command in a JVM of its own, which tells every address that it asks the network for: Java
 * asks the proxy selector before it connects.
 */
final class ListeningRlhf {
  private static final String ASKED = "asked the network for ";

  private ListeningRlhf() {}

  /** What a run came to. */
  record Outcome(int code, List<String> lines) {
    List<String> asked() {
      return lines.stream().filter(line -> line.startsWith(ASKED)).toList();
    }

    /** Its own last line. */
    String lastLine() {
      return lines.stream().filter(line -> !line.startsWith(ASKED)).reduce("", (a, b) -> b);
    }
  }

  /**
   * Runs the command with nothing set that keeps the engine from the network.
   *
   * @param classPath of the JVM
   * @param environment set besides
   */
  static Outcome run(String classPath, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", classPath, ListeningRlhf.class.getName()));
    command.addAll(Arrays.asList(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeAll(Set.of("OPT_OUT_TRACKING", "HF_HUB_OFFLINE"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output.lines().toList());
  }

  /** This JVM's class path, but for the jars whose name begins so. */
  static String classPathWithout(String jar) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !Path.of(entry).getFileName().toString().startsWith(jar))
        .collect(Collectors.joining(File.pathSeparator));
  }

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    ProxySelector.setDefault(
        new ProxySelector() {
          @Override
          public List<Proxy> select(URI address) {
            out.println(ASKED + address);
            return List.of(Proxy.NO_PROXY);
          }

          @Override
          public void connectFailed(URI address, SocketAddress proxy, IOException failure) {}
        });
    int code = Rlhf.run(args, out, out);
    out.flush();
    System.exit(code);
  }
}
