package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.model.NewCommand;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.run.SaveSettings;

/**
 * How many bytes of weights ppo and grpo hold, counted in the stages that are ready to begin: the
 * table of {@code docs/lora.md}. Each run writes it to {@code target/lora.md}.
 */
class AdapterMemoryTest {
  private static final Path DOCUMENT = Path.of("../docs/lora.md");
  private static final Path CONFIG = Path.of("../bench/peers/models/llama-3m.json");
  private static final Path TOKENIZER =
      Path.of("../language-model/src/test/resources/fixtures/gpt2");
  private static final List<String> PARTS =
      List.of("base", "policy", "reference", "reward model", "critic");
  private static final String TRAINED = " with gradients and optimizer";

  @TempDir private static Path folder;

  @BeforeAll
  static void makeModels() throws IOException {
    Files.writeString(
        folder.resolve("rows.jsonl"),
        "{\"prompt\": \"the rain\", \"chosen\": \" is ending\", \"rejected\": \" no\"}\n"
            .repeat(4));
    MachineSettings machine =
        new MachineSettings(MachineSettings.Device.CPU, null, PrecisionChoice.FP32, 0);
    NewCommand.make(
        new NewCommand.NewSettings(
            CONFIG, TOKENIZER, folder.resolve("model"), SaveSettings.DEFAULT, machine));
    for (String rank : List.of("0", "8")) {
      StageRun.train(
          RewardStage.TYPE,
          bind(
              RewardConfig.class,
              "reward-" + rank,
              Map.of("lora-rank", rank, "steps", "1", "eval-fraction", "0")));
    }
  }

  @Test
  void thereIsOneBaseForAllAdaptersOnIt() throws IOException {
    Map<String, Map<String, Long>> columns = new LinkedHashMap<>();
    for (String rank : List.of("0", "8")) {
      String trained = rank.equals("0") ? ", all weights" : ", adapters";
      Map<String, String> options =
          Map.of("lora-rank", rank, "reward-model", folder.resolve("reward-" + rank).toString());
      columns.put(
          "ppo" + trained, bytes(PpoStage.TYPE, bind(PpoConfig.class, "ppo-" + rank, options)));
      columns.put(
          "grpo" + trained, bytes(GrpoStage.TYPE, bind(GrpoConfig.class, "grpo-" + rank, options)));
    }
    List<String> lines = lines(columns);
    Files.write(Path.of("target/lora.md"), lines);
    assertThat(Files.readString(DOCUMENT)).contains(String.join("\n", lines));
    long base = columns.get("ppo, adapters").get("base");
    assertThat(sum(columns.get("ppo, adapters"))).isLessThan(base * 11 / 10);
    // Without adapters each of the four networks has its own.
    assertThat(sum(columns.get("ppo, all weights"))).isGreaterThanOrEqualTo(4 * base);
  }

  private static <S extends Record> S bind(
      Class<S> type, String output, Map<String, String> options) {
    Map<String, List<String>> given = new HashMap<>();
    options.forEach((name, value) -> given.put(name, List.of(value)));
    given.put("model", List.of(folder.resolve("model").toString()));
    given.put("data", List.of(folder.resolve("rows.jsonl").toString()));
    given.put("output", List.of(folder.resolve(output).toString()));
    given.put("micro-batch-tokens", List.of("256"));
    return Settings.of(type).bind(Written.Mapping.EMPTY, given);
  }

  /** The bytes of each part of a plan, which are all that there is. */
  private static <C extends Record> Map<String, Long> bytes(StageType<C> type, C config)
      throws IOException {
    Map<String, Long> parts = new LinkedHashMap<>();
    StageRun.open(
        type,
        config,
        Display.stderr(),
        (run, loop, evaluation, stage, display) -> {
          for (RunPlan.Part part : stage.plan().orElseThrow().memory()) {
            // Weights that are trained are a quarter of it: there are a gradient and two moments.
            boolean trained = part.name().endsWith(TRAINED);
            String name = part.name().replace(TRAINED, "");
            if (PARTS.contains(name)) {
              parts.put(name, trained ? part.bytes() / 4 : part.bytes());
            }
          }
          assertThat(sum(parts)).isEqualTo(liveBytes(stage));
        });
    return parts;
  }

  private static long sum(Map<String, Long> parts) {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static List<String> lines(Map<String, Map<String, Long>> columns) {
    List<String> lines = new ArrayList<>();
    lines.add("| weights, bytes | " + String.join(" | ", columns.keySet()) + " |");
    lines.add("| --- |" + " ---: |".repeat(columns.size()));
    for (String part : PARTS) {
      lines.add(line(part, columns.values().stream().map(parts -> parts.get(part)).toList()));
    }
    lines.add(line("**in all**", columns.values().stream().map(AdapterMemoryTest::sum).toList()));
    return lines;
  }

  private static String line(String name, List<Long> bytes) {
    StringBuilder line = new StringBuilder("| " + name + " |");
    for (Long number : bytes) {
      line.append(number == null ? " – |" : String.format(Locale.ROOT, " %,d |", number));
    }
    return line.toString();
  }

  /** The bytes of all weights that a stage leads to, each once. */
  private static long liveBytes(Stage stage) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Object> open = new ArrayDeque<>(List.of(stage));
    long bytes = 0;
    while (!open.isEmpty()) {
      Object next = open.pop();
      if (!seen.add(next)) {
        continue;
      }
      if (next instanceof Parameters parameters) {
        bytes += Float.BYTES * parameters.count();
      } else {
        open.addAll(referred(next));
      }
    }
    return bytes;
  }

  private static List<Object> referred(Object from) {
    List<Object> to = new ArrayList<>();
    if (from instanceof Collection<?> collection) {
      to.addAll(collection);
    } else if (from instanceof Map<?, ?> map) {
      to.addAll(map.values());
    } else if (from instanceof Optional<?> optional) {
      optional.ifPresent(to::add);
    } else {
      Class<?> type = from.getClass();
      for (;
          type != null && type.getName().startsWith("org.rlhf4j.");
          type = type.getSuperclass()) {
        for (Field field : type.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
            to.add(value(field, from));
          }
        }
      }
    }
    to.removeIf(value -> value == null);
    return to;
  }

  private static Object value(Field field, Object from) {
    try {
      field.setAccessible(true);
      return field.get(from);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }
}
