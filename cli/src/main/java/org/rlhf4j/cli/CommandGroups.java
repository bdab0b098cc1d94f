package org.rlhf4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.rlhf4j.stages.Stages;
import picocli.CommandLine.Help;

/** The commands by what they are for, as {@code rlhf --help} lists them. */
final class CommandGroups {

  private static final Map<String, List<String>> GROUPS = groups();

  private CommandGroups() {}

  private static Map<String, List<String>> groups() {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    groups.put("Begin", List.of("demo", "doctor", "inspect", "plan"));
    groups.put("Train", Stream.concat(Stages.names().stream(), Stream.of("run", "stop")).toList());
    groups.put("Label", List.of("studio"));
    groups.put("Judge", List.of("evaluate", "compare", "report"));
    groups.put("Use", List.of("generate", "chat", "score", "logprobs"));
    groups.put("Models", List.of("new", "merge", "export"));
    groups.put("Editor", List.of("completion", "schema"));
    return groups;
  }

  /** A line for each command, a group's name before its first one. */
  static String list(Help help) {
    StringBuilder lines = new StringBuilder();
    GROUPS.forEach(
        (group, names) -> {
          String heading = group;
          for (String name : names) {
            String[] description =
                help.subcommands().get(name).commandSpec().usageMessage().description();
            lines.append(
                String.format(Locale.ROOT, "  %-8s%-12s%s%n", heading, name, description[0]));
            heading = "";
          }
        });
    return lines.toString();
  }
}
