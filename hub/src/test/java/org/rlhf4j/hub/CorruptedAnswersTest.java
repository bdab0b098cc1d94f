package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.Corruption;

/**
 * Damaged answers of a hub: a model comes whole, or with one message and nothing outside the cache.
 * {@code .ci/corrupted} makes more of them.
 */
@Timeout(3600)
class CorruptedAnswersTest {

  private static final int INPUTS = Integer.getInteger("corrupted.inputs", 360) / 30;
  private static final long SEED = Long.getLong("corrupted.seed", 1);

  /** Processor seconds that an answer may take, where that is looked at: 0 where it isn't. */
  private static final int SECONDS = Integer.getInteger("corrupted.seconds", 0);

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path folder;

  /** The answer that is damaged, by the end of its address. */
  private static final List<String> ANSWERS =
      List.of("/revision/main", "/config.json", "/tokenizer.json", FakeHub.STORED + WEIGHTS);

  @Test
  void aModelComesWholeOrNotAtAll() throws IOException {
    List<String> faults = new ArrayList<>();
    double longest = 0;
    int refused = 0;
    for (long seed = SEED * 1_000_000; seed < SEED * 1_000_000 + INPUTS; seed++) {
      Path cache = folder.resolve("cache-" + seed);
      long start = SYSTEM.getProcessCpuTime();
      refused += isRefused(seed, cache, faults) ? 1 : 0;
      double seconds = (SYSTEM.getProcessCpuTime() - start) / 1e9;
      longest = Math.max(longest, seconds);
      if (SECONDS > 0 && seconds > SECONDS) {
        faults.add(seed + ": " + seconds + " processor seconds");
      }
    }
    System.out.printf(
        Locale.ROOT,
        "corrupted hub answers: %d inputs, %d refused, %d faults, longest %.1f s%n",
        INPUTS,
        refused,
        faults.size(),
        longest);
    assertThat(faults).isEmpty();
    try (Stream<Path> written = Files.list(folder)) {
      assertThat(written).allMatch(path -> path.getFileName().toString().startsWith("cache-"));
    }
  }

  private static boolean isRefused(long seed, Path cache, List<String> faults) {
    try (HubScene scene = new HubScene(cache).withModel()) {
      String answer = ANSWERS.get(new SplittableRandom(seed).nextInt(ANSWERS.size()));
      for (int i = 0; i < Attempts.MOST; i++) {
        scene.hub.plan(answer, damaged(seed, scene));
      }
      Path model = scene.open().model(HubScene.MODEL);
      if (!Files.exists(model.resolve(WEIGHTS))) {
        faults.add(seed + ": no weights");
      }
      return false;
    } catch (UserException e) {
      if (e.getMessage().contains("\n")) {
        faults.add(seed + ": " + e.getMessage());
      }
      return true;
    } catch (RuntimeException | OutOfMemoryError e) {
      faults.add(seed + ": " + e);
      return true;
    }
  }

  /** What would have been answered, damaged; the length that is told is true. */
  private static FakeHub.Fault damaged(long seed, HubScene scene) {
    return (exchange, content) -> {
      boolean listed = exchange.getRequestURI().getPath().startsWith("/api/");
      byte[] sound =
          listed
              ? scene.hub.listing()
              : scene.hub.files.get(exchange.getRequestURI().getPath().replaceFirst(".*/", ""));
      byte[] bytes = Corruption.of(sound, seed);
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      return true;
    };
  }

  /** The check can fail: what isn't a message for a user isn't taken for one. */
  @Test
  void aDamagedListingIsRefused() {
    try (HubScene scene = new HubScene(folder.resolve("cache")).withModel()) {
      scene.hub.plan(
          "/revision/main",
          (exchange, content) -> {
            byte[] bytes = "{\"siblings\": 1}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            return true;
          });
      assertThatThrownBy(() -> scene.open().model(HubScene.MODEL))
          .isInstanceOf(UserException.class);
    }
  }
}
