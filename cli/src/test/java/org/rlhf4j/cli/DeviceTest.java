package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device takes of the network, with and without libtorch on the class path. */
class DeviceTest {
  private static final String MODEL =
      "../language-model/src/test/resources/fixtures/llama-gqa-tied";

  @TempDir private Path folder;

  @Test
  void trainingOnTheCpuNeverTouchesTheNetwork() throws IOException, InterruptedException {
    String classPath = System.getProperty("java.class.path");
    ListeningRlhf.Outcome trained = train(classPath, MODEL, Map.of());
    assertThat(trained.code()).as("%s", trained.lines()).isZero();
    assertThat(trained.asked()).isEmpty();
    assertThat(folder.resolve("run/model/model.safetensors")).exists();
    // What asks is heard: a model that isn't here is looked for on the hub.
    HttpServer hub = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    hub.start();
    String address = "http://127.0.0.1:" + hub.getAddress().getPort();
    ListeningRlhf.Outcome unknown = train(classPath, "org/none", Map.of("HF_ENDPOINT", address));
    hub.stop(0);
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.asked()).isNotEmpty().allMatch(line -> line.contains(address));
  }

  /** As a build for a GPU is: what isn't there would be downloaded, but not for the CPU. */
  @Test
  void withoutLibtorchTheCpuIsRefusedInsteadOfADownload() throws IOException, InterruptedException {
    String classPath = ListeningRlhf.classPathWithout("pytorch-native-cpu");
    assertThat(classPath).isNotEqualTo(System.getProperty("java.class.path"));
    ListeningRlhf.Outcome refused =
        train(classPath, MODEL, Map.of("DJL_CACHE_DIR", folder.resolve("djl").toString()));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.asked()).isEmpty();
    assertThat(refused.lastLine())
        .startsWith("rlhf: libtorch can't be loaded: ")
        .endsWith("; docs/gpu.md says where it comes from");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void theProcessorsFlagsTellItsBf16Instructions() {
    assertThat(DoctorCommand.bf16(Set.of("avx512f", "amx_bf16", "avx512_bf16")))
        .containsExactly("avx512_bf16", "amx_bf16");
    assertThat(DoctorCommand.bf16(Set.of("avx2"))).isEmpty();
  }

  private ListeningRlhf.Outcome train(
      String classPath, String model, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"prompt\": \"a\", \"completion\": \"b\"}\n");
    Map<String, String> all = new HashMap<>(environment);
    all.put("HF_HOME", folder.resolve("hub").toString());
    return ListeningRlhf.run(
        classPath,
        all,
        "sft",
        "--device=cpu",
        "--model=" + model,
        "--data=" + rows,
        "--eval-fraction=0",
        "--steps=1",
        "--threads=1",
        "--output=" + folder.resolve("run"));
  }
}
