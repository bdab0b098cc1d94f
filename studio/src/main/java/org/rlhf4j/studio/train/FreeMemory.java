package org.rlhf4j.studio.train;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.rlhf4j.model.torch.Gpu;
import org.rlhf4j.model.torch.Placement;

/** What memory a further process can have, of the machine or of the card that it computes on. */
final class FreeMemory {

  private static final Path SYSTEM = Path.of("/proc/meminfo");

  private FreeMemory() {}

  /** In bytes, at this moment. */
  static long bytes() {
    if (Placement.chosen() == Placement.gpu()) {
      return Gpu.freeBytes();
    }
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try {
      List<String> lines = Files.isReadable(SYSTEM) ? Files.readAllLines(SYSTEM) : List.of();
      long all = value(lines, "MemTotal").orElse(0);
      boolean isLimited = system.getTotalMemorySize() < all; // a container may have less of it
      OptionalLong available = value(lines, "MemAvailable");
      return isLimited || available.isEmpty() ? system.getFreeMemorySize() : available.getAsLong();
    } catch (IOException e) {
      return system.getFreeMemorySize();
    }
  }

  /** A line is {@code MemAvailable: 20061234 kB}. */
  static OptionalLong value(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst();
  }
}
