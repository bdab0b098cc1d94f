package org.rlhf4j.cli;

import ai.djl.engine.Engine;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.util.Platform;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.cli.command.Machine;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.command.Version;
import org.rlhf4j.hub.Hub;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.hub.RemoteFile;
import org.rlhf4j.model.torch.Gpu;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.DownloadLine;
import picocli.CommandLine.Command;

/** Loads everything native and says what was found; the network is asked only about a model. */
@Command(
    name = "doctor",
    description = "Show engine, device, threads, memory, versions and the hub's cache.")
final class DoctorCommand extends SettingsCommand<DoctorCommand.DoctorSettings> {

  private static final double GIB = 1L << 30;

  /**
   * What {@code rlhf doctor} takes.
   *
   * @param model a model whose download is asked about, or null
   * @param json as one JSON object
   * @param machine device and threads
   */
  record DoctorSettings(
      @Setting(
              help =
                  "Hub id of a model to look up. Shows where the model is, or what would be"
                      + " downloaded.")
          Path model,
      @Setting(help = "Print one JSON object.", defaultValue = "false") boolean json,
      MachineSettings machine) {}

  DoctorCommand() {
    super(DoctorSettings.class);
  }

  @Override
  protected void run(DoctorSettings chosen) throws Exception {
    Map<String, Object> findings = new LinkedHashMap<>();
    java(findings);
    engine(findings);
    tokenizers(findings);
    HubEnvironment environment = HubEnvironment.ofProcess();
    hub(findings, environment);
    if (chosen.model() != null) {
      Hub hub = new Hub(environment, new DownloadLine(Display.stderr()));
      findings.putAll(download(chosen.model(), hub));
    }
    if (chosen.json()) {
      out().println(new JsonMapper().writeValueAsString(findings));
    } else {
      findings.forEach((name, value) -> out().printf("%-20s %s%n", name.replace('_', ' '), value));
    }
  }

  private static void java(Map<String, Object> findings) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    findings.put("rlhf4j", Version.text());
    findings.put("java", Runtime.version().toString());
    findings.put("platform", Platform.detectPlatform("pytorch").getClassifier());
    findings.put("processors", Runtime.getRuntime().availableProcessors());
    findings.put("memory_gib", gib(system.getTotalMemorySize()));
    findings.put("free_memory_gib", gib(system.getFreeMemorySize()));
    findings.put("heap_gib", gib(Runtime.getRuntime().maxMemory()));
  }

  private static void engine(Map<String, Object> findings) {
    requireRightSum();
    Engine engine = Engine.getEngine("PyTorch");
    findings.put("engine", engine.getEngineName());
    findings.put("engine_version", engine.getVersion());
    findings.put("djl_version", Engine.getDjlVersion());
    findings.put("libtorch", Torch.libraryFolder());
    findings.put("libtorch_bundled", Machine.hasBundledLibtorch());
    Gpu gpu = Gpu.ofMachine();
    findings.put("libtorch_cuda", gpu.cuda().orElse("none"));
    findings.put("driver", gpu.driver().orElse("none"));
    findings.put("gpus", gpu.cards().stream().map(Gpu.Card::toString).toList());
    findings.put("gpu_usable", gpu.fault().map(fault -> "no: " + fault).orElse("yes"));
    findings.put("device", Placement.chosen().isHost() ? "cpu" : "gpu");
    findings.put(
        "precisions",
        Arrays.stream(Precision.values()).map(one -> one.name().toLowerCase(Locale.ROOT)).toList());
    findings.put("threads", Integer.getInteger("ai.djl.pytorch.num_threads", coreCount()));
    processorFlags().ifPresent(flags -> findings.put("bf16_instructions", bf16(flags)));
  }

  /** What the processor can do, where the system tells it: Linux on x86. */
  private static Optional<Set<String>> processorFlags() {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(info)) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.copyOf(List.of(line.split("\\s+"))));
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /** Which of a processor's flags multiply bf16; without them it is computed in fp32, slowly. */
  static List<String> bf16(Set<String> flags) {
    return Stream.of("avx512_bf16", "amx_bf16").filter(flags::contains).toList();
  }

  private static int coreCount() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static void requireRightSum() {
    try (NDManager manager = Torch.manager();
        NDArray sum = manager.create(new float[] {1, 2, 3}).sum()) {
      if (sum.getFloat() != 6) {
        throw new UserException("libtorch is broken: 1 + 2 + 3 came out as " + sum.getFloat());
      }
    }
  }

  private static void tokenizers(Map<String, Object> findings) {
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException | LinkageError e) {
      throw new UserException("the tokenizers library doesn't load: " + rootMessage(e), e);
    }
    findings.put("tokenizers_version", Platform.detectPlatform("tokenizers").getVersion());
  }

  private static void hub(Map<String, Object> findings, HubEnvironment environment) {
    findings.put("hub", environment.endpoint().toString());
    findings.put("hub_cache", environment.cache().toString());
    findings.put("hub_token", environment.token().isPresent());
    findings.put("hub_offline", environment.offline());
  }

  /** Where a model is, or what would be downloaded. */
  static Map<String, Object> download(Path given, Hub hub) {
    Hub.Plan plan =
        Files.isDirectory(given)
            ? new Hub.Plan(Optional.of(given), List.of())
            : hub.plan(HubRepo.model(given.toString()).orElseThrow(() -> unknown(given)));
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("model_folder", plan.folder().map(Path::toString).orElse("none yet"));
    findings.put("download_files", plan.missing().stream().map(RemoteFile::name).toList());
    findings.put("download_mb", Math.round(plan.bytes() / 1e5) / 10.0);
    return findings;
  }

  private static UsageException unknown(Path given) {
    return new UsageException(
        "--model " + given + ": this is neither a folder nor a hub id (org/name)");
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  private static double gib(long bytes) {
    return Math.round(bytes / GIB * 10) / 10.0;
  }
}
