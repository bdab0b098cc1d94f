package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each reason why a GPU can't be used has a line of its own, from what nvidia-smi printed. */
class GpuTest {
  private static final String H200 = "570.86.15, NVIDIA H200, 9.0, 143771";
  private static final Optional<String> WHEEL = Optional.of("12.6");

  private static Optional<String> fault(String line, Optional<String> cuda) {
    return Gpu.of("Linux", "amd64", List.of(line), cuda, true).fault();
  }

  @Test
  void aCardThatTheWheelIsBuiltForIsUsed() {
    assertThat(fault(H200, WHEEL)).isEmpty();
    assertThat(fault("525.60.13, Tesla P4, 6.1, 7680", WHEEL)).isEmpty();
    assertThat(fault("570.86.15, NVIDIA B200, 10.0, 183359", Optional.of("12.8"))).isEmpty();
    // An archive's CUDA that the table doesn't know: libtorch's own word counts.
    assertThat(fault(H200, Optional.of("13.0"))).isPresent();
    assertThat(fault("590.1, NVIDIA H200, 9.0, 1", Optional.of("13.0"))).isEmpty();
  }

  @Test
  void eachFaultIsSaidInALine() {
    assertThat(Gpu.of("Linux", "amd64", List.of(), WHEEL, false).fault())
        .contains("there is no NVIDIA driver on this machine (no nvidia-smi)");
    assertThat(fault("No devices were found", WHEEL))
        .contains("the NVIDIA driver sees no GPU; nvidia-smi says why");
    assertThat(fault(H200, Optional.empty()))
        .contains(
            "this libtorch is for the CPU; docs/gpu.md has the two commands that bring one for"
                + " CUDA");
    assertThat(fault("470.82.01, NVIDIA A100, 8.0, 40536", WHEEL))
        .contains(
            "the NVIDIA driver 470.82.01 is too old for CUDA 12.6; install 525.60.13 or a newer"
                + " one");
    assertThat(fault("570.86.15, NVIDIA B200, 10.0, 183359", WHEEL))
        .contains(
            "NVIDIA B200 has compute capability 10.0, but this libtorch for CUDA 12.6 is built for"
                + " 5.0 to 9.0; docs/gpu.md says which one is for it");
    assertThat(fault("570.86.15, Tesla V100, 7.0, 16384", Optional.of("12.8")))
        .hasValueSatisfying(line -> assertThat(line).contains("built for 7.5 to 12.0"));
    assertThat(Gpu.of("Linux", "amd64", List.of(H200), WHEEL, false).fault())
        .contains(
            "libtorch for CUDA 12.6 finds no GPU that it can use; see CUDA_VISIBLE_DEVICES and"
                + " nvidia-smi");
    assertThat(Gpu.of("Windows 11", "amd64", List.of(H200), WHEEL, true).fault())
        .contains("a GPU is used on Linux on x86-64 only, and this is Windows 11 on amd64");
    assertThat(Gpu.of("Linux", "aarch64", List.of(H200), WHEEL, true).fault())
        .contains("a GPU is used on Linux on x86-64 only, and this is Linux on aarch64");
  }

  @Test
  void versionsAreComparedNumberByNumber() {
    assertThat(Gpu.isBefore("9.0", "10.0")).isTrue();
    assertThat(Gpu.isBefore("525.60.13", "525.60.13")).isFalse();
    assertThat(Gpu.isBefore("525.60", "525.60.13")).isTrue();
    assertThat(Gpu.isBefore("570.1", "525.60.13")).isFalse();
  }

  @Test
  void aCardSaysWhatItIs() {
    Gpu gpu = Gpu.of("Linux", "amd64", List.of(H200), WHEEL, true);
    assertThat(gpu.cards().get(0)).hasToString("NVIDIA H200, compute capability 9.0, 140.4 GiB");
  }
}
