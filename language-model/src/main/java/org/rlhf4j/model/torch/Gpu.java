package org.rlhf4j.model.torch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What there is to compute on an NVIDIA GPU, and what is missing.
 *
 * @param system the operating system, as Java names it
 * @param processor its processor, as Java names it
 * @param driver the driver's version; empty where there is none
 * @param cards the GPUs that the driver sees
 * @param cuda the version of CUDA that the loaded libtorch is built for; empty for one for the CPU
 * @param usable whether libtorch says that it can compute on a GPU
 */
public record Gpu(
    String system,
    String processor,
    Optional<String> driver,
    List<Card> cards,
    Optional<String> cuda,
    boolean usable) {

  private static final String QUERY = "driver_version,name,compute_cap,memory.total";
  private static final int PATIENCE_SECONDS = 20;

  /** The oldest driver on Linux for a major version of CUDA (NVIDIA's CUDA release notes). */
  private static final Map<String, String> OLDEST_DRIVER =
      Map.of("11", "450.80.02", "12", "525.60.13", "13", "580.65.06");

  /**
   * Compute capabilities that PyTorch's wheels of this version are built for, by the version of
   * CUDA: the lowest and the highest ({@code torch.cuda.get_arch_list()}).
   */
  private static final Map<String, List<String>> CAPABILITIES =
      Map.of(
          "11.8", List.of("5.0", "9.0"),
          "12.6", List.of("5.0", "9.0"),
          "12.8", List.of("7.5", "12.0"));

  /** Keeps a copy. */
  public Gpu {
    cards = List.copyOf(cards);
  }

  /**
   * A card.
   *
   * @param name such as {@code NVIDIA H200}
   * @param capability its compute capability, such as {@code 9.0}
   * @param memoryMib its memory, in MiB
   */
  public record Card(String name, String capability, long memoryMib) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%s, compute capability %s, %.1f GiB", name, capability, memoryMib / 1024.0);
    }
  }

  /** Whether there is a driver, told without starting anything. */
  public static boolean hasDriver() {
    return Files.exists(Path.of("/proc/driver/nvidia/version"));
  }

  /** The memory of the first card, in bytes; 0 where there is none. */
  public static long bytes() {
    return ofMachine().cards().stream().limit(1).mapToLong(Card::memoryMib).sum() << 20;
  }

  /** What is free of that memory at this moment, in bytes; 0 where it can't be told. */
  public static long freeBytes() {
    return nvidiaSmi("memory.free").stream().limit(1).mapToLong(Gpu::memory).sum() << 20;
  }

  /** What there is on this machine; loads libtorch. */
  public static Gpu ofMachine() {
    boolean usable = Torch.hasCuda();
    Optional<String> cuda = Libtorch.ofProcess().flatMap(Libtorch::cuda);
    List<String> lines = nvidiaSmi(QUERY);
    return of(
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        lines,
        usable && cuda.isEmpty() ? Optional.of("unknown") : cuda,
        usable);
  }

  /** What nvidia-smi says, a line a card. */
  static Gpu of(
      String system, String processor, List<String> lines, Optional<String> cuda, boolean usable) {
    List<String[]> fields =
        lines.stream()
            .map(line -> line.split("\\s*,\\s*"))
            .filter(line -> line.length == 4)
            .toList();
    boolean asked = !lines.isEmpty();
    return new Gpu(
        system,
        processor,
        fields.isEmpty()
            ? Optional.of("unknown").filter(unknown -> asked)
            : Optional.of(fields.get(0)[0]),
        fields.stream().map(line -> new Card(line[1], line[2], memory(line[3]))).toList(),
        cuda,
        usable);
  }

  private static long memory(String text) {
    String digits = text.replaceAll("\\D", "");
    return digits.isEmpty() ? 0 : Long.parseLong(digits);
  }

  /** Its lines; none where there is no such program. */
  private static List<String> nvidiaSmi(String query) {
    try {
      Process process =
          new ProcessBuilder("nvidia-smi", "--query-gpu=" + query, "--format=csv,noheader,nounits")
              .redirectErrorStream(true)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return text.lines().toList();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /**
   * Why networks can't compute on a GPU here, and what to do.
   *
   * @return one line; empty where they can
   */
  public Optional<String> fault() {
    if (!system.equals("Linux") || !List.of("amd64", "x86_64").contains(processor)) {
      return Optional.of(
          "a GPU is used on Linux on x86-64 only, and this is %s on %s"
              .formatted(system, processor));
    }
    if (driver.isEmpty()) {
      return Optional.of("there is no NVIDIA driver on this machine (no nvidia-smi)");
    }
    if (cards.isEmpty()) {
      return Optional.of("the NVIDIA driver sees no GPU; nvidia-smi says why");
    }
    if (cuda.isEmpty()) {
      return Optional.of(
          "this libtorch is for the CPU; docs/gpu.md has the two commands that bring one for CUDA");
    }
    return tooOld().or(this::notBuiltFor).or(this::refused);
  }

  private Optional<String> tooOld() {
    String oldest = OLDEST_DRIVER.get(cuda.get().replaceFirst("\\..*", ""));
    if (oldest == null || driver.get().equals("unknown") || !isBefore(driver.get(), oldest)) {
      return Optional.empty();
    }
    return Optional.of(
        "the NVIDIA driver %s is too old for CUDA %s; install %s or a newer one"
            .formatted(driver.get(), cuda.get(), oldest));
  }

  private Optional<String> notBuiltFor() {
    List<String> range = CAPABILITIES.get(cuda.get());
    Card card = cards.get(0);
    if (range == null
        || (!isBefore(card.capability(), range.get(0))
            && !isBefore(range.get(1), card.capability()))) {
      return Optional.empty();
    }
    return Optional.of(
        ("%s has compute capability %s, but this libtorch for CUDA %s is built for %s to %s;"
                + " docs/gpu.md says which one is for it")
            .formatted(card.name(), card.capability(), cuda.get(), range.get(0), range.get(1)));
  }

  private Optional<String> refused() {
    return usable
        ? Optional.empty()
        : Optional.of(
            "libtorch for CUDA %s finds no GPU that it can use; see CUDA_VISIBLE_DEVICES and"
                    .formatted(cuda.get())
                + " nvidia-smi");
  }

  /** Whether one version comes before another, number by number. */
  static boolean isBefore(String version, String other) {
    String[] a = version.split("\\.");
    String[] b = other.split("\\.");
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      int x = i < a.length ? Integer.parseInt(a[i]) : 0;
      int y = i < b.length ? Integer.parseInt(b[i]) : 0;
      if (x != y) {
        return x < y;
      }
    }
    return false;
  }
}
