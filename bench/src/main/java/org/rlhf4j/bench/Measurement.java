package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsTable;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;

/**
 * A program of this module: options {@code --name VALUE} or {@code --name=VALUE} in, one JSON line
 * out, as the peers' scripts have it.
 *
 * @param type the record of its options
 * @param work what it measures
 * @param <S> the record
 */
record Measurement<S extends Record>(Class<S> type, Work<S> work) {

  /**
   * What is measured.
   *
   * @param <S> the record of options
   */
  @FunctionalInterface
  interface Work<S> {
    /** Measures, and puts the figures into the line. */
    void measure(S chosen, ObjectNode line) throws Exception;
  }

  /** Runs and ends the process: 0, 1 where the work failed, 2 where an option is wrong. */
  void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  /** Runs; returns what the process is to end with. */
  int run(String[] args, PrintStream out, PrintStream err) {
    Settings<S> settings = Settings.of(type);
    if (List.of(args).contains("--help")) {
      out.print(SettingsTable.markdown(settings));
      return 0;
    }
    try {
      S chosen = settings.bind(Written.Mapping.EMPTY, options(args));
      prepareEngine();
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      work.measure(chosen, line);
      out.println(line);
      return 0;
    } catch (UserException e) {
      err.println(e.getMessage());
      return e instanceof UsageException ? 2 : 1;
    } catch (Exception e) {
      e.printStackTrace(err);
      return 1;
    }
  }

  /** Keeps the engine from counting its uses over the network and from looking for files there. */
  static void prepareEngine() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  /** Sets the threads of one operation, where they are given; returns how many there are. */
  static int threads(Integer given) {
    if (given != null) {
      Torch.threads(given);
    }
    return Torch.threads();
  }

  private static Map<String, List<String>> options(String[] args) {
    Map<String, List<String>> options = new LinkedHashMap<>();
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) {
        throw new UsageException(args[i] + ": expected an option such as --threads");
      }
      String[] parts = args[i].substring(2).split("=", 2);
      if (parts.length == 1 && i + 1 == args.length) {
        throw new UsageException(args[i] + " needs a value");
      }
      String value = parts.length == 2 ? parts[1] : args[++i];
      options.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(value);
    }
    return options;
  }
}
