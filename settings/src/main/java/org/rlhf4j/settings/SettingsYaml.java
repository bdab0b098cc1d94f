package org.rlhf4j.settings;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Configuration files: read with every place kept, written in a stable order. */
public final class SettingsYaml {

  private static final int MAX_DEPTH = 32;

  /** How many values a file may have, each use of an alias counted anew. */
  private static final int MAX_VALUES = 10_000;

  /** What may stand in YAML without quotes and reads back as the same text. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./][A-Za-z0-9_./+@%=-]*");

  private static final Pattern MEANS_NULL = Pattern.compile("(?i)null|");

  private final String file;
  private int values;

  private SettingsYaml(String file) {
    this.file = file;
  }

  /**
   * Reads a file of settings.
   *
   * @param file a YAML mapping; an empty file is an empty mapping
   * @throws UsageException where it can't be read or isn't a YAML mapping, with the place
   */
  public static Written.Mapping read(Path file) {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new UsageException(file + ": no such file; check its path", e);
    } catch (CharacterCodingException e) {
      throw new UsageException(file + ": not UTF-8 text", e);
    } catch (IOException e) {
      throw new UsageException(file + ": can't be read (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Reads settings from text.
   *
   * @param yaml a YAML mapping
   * @param file the name that places are given with
   * @throws UsageException where it isn't a YAML mapping, with the place
   */
  public static Written.Mapping parse(String yaml, String file) {
    Node root = compose(yaml, file);
    if (root == null || Tag.NULL.equals(root.getTag())) {
      return new Written.Mapping(Map.of(), file + ":1:1");
    }
    if (new SettingsYaml(file).written(root, 0) instanceof Written.Mapping mapping) {
      return mapping;
    }
    throw new UsageException(place(file, root) + ": expected settings, one 'name: value' a line");
  }

  /**
   * Writes settings so that {@link #read} and {@link Settings#bind} give them back.
   *
   * @return one line a setting in the record's order, those without a value left out
   */
  public static <T extends Record> String write(Settings<T> settings, T values) {
    StringBuilder yaml = new StringBuilder();
    settings
        .texts(values)
        .forEach(
            (spec, texts) -> {
              if (!spec.repeatable()) {
                texts.forEach(text -> yaml.append(spec.name()).append(": ").append(quote(text)));
                yaml.append(texts.isEmpty() ? "" : "\n");
              } else if (!texts.isEmpty()) {
                yaml.append(spec.name()).append(":\n");
                texts.forEach(text -> yaml.append("  - ").append(quote(text)).append('\n'));
              }
            });
    return yaml.toString();
  }

  private static Node compose(String yaml, String file) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(MAX_DEPTH);
    try {
      return new Yaml(new SafeConstructor(options)).compose(new StringReader(yaml));
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      throw new UsageException(
          place(file, mark) + ": not YAML: " + e.getProblem() + "; correct it", e);
    } catch (YAMLException e) {
      String reason = e.getMessage().lines().findFirst().orElse("");
      throw new UsageException(file + ": not YAML: " + reason, e);
    }
  }

  private Written written(Node node, int depth) {
    String where = place(file, node);
    if (depth > MAX_DEPTH) {
      throw new UsageException(where + ": nested too deeply");
    }
    if (++values > MAX_VALUES) {
      throw new UsageException(
          where + ": more than " + MAX_VALUES + " values with what aliases repeat; write fewer");
    }
    if (node instanceof ScalarNode scalar) {
      return Tag.NULL.equals(node.getTag())
          ? new Written.Nothing(where)
          : new Written.Scalar(scalar.getValue(), where);
    }
    if (node instanceof SequenceNode sequence) {
      List<Written> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        items.add(written(item, depth + 1));
      }
      return new Written.Sequence(items, where);
    }
    Map<String, Written.Entry> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : ((MappingNode) node).getValue()) {
      String key = key(tuple.getKeyNode(), file);
      Written value = written(tuple.getValueNode(), depth + 1);
      String keyPlace = place(file, tuple.getKeyNode());
      if (entries.put(key, new Written.Entry(keyPlace, value)) != null) {
        throw new UsageException(keyPlace + ": '" + key + "' is given twice");
      }
    }
    return new Written.Mapping(entries, where);
  }

  private static String key(Node node, String file) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw new UsageException(place(file, node) + ": expected a name before the colon");
  }

  private static String place(String file, Node node) {
    return place(file, node.getStartMark());
  }

  private static String place(String file, Mark mark) {
    return mark == null ? file : file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
  }

  private static String quote(String text) {
    if (PLAIN.matcher(text).matches() && !MEANS_NULL.matcher(text).matches()) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        default ->
            quoted.append(
                c < ' ' || c == 0x7f ? String.format(Locale.ROOT, "\\x%02x", (int) c) : c);
      }
    }
    return quoted.append('"').toString();
  }
}
