package org.rlhf4j.model.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rlhf4j.settings.UserException;

/**
 * Another libtorch than the one that comes with the build: of a virtual environment with PyTorch's
 * wheel, or of PyTorch's archive.
 *
 * @param folder holds {@code libtorch.so}
 * @param version such as {@code 2.7.1}
 * @param cuda the version of CUDA that it is built for; empty for one for the CPU
 */
public record Libtorch(Path folder, String version, Optional<String> cuda) {
  /** The environment variable that names it: a virtual environment, or the folder itself. */
  public static final String VARIABLE = "RLHF_LIBTORCH";

  /** The only version that DJL's own library is made for. */
  public static final String VERSION = "2.7.1";

  /** DJL's own names for the folder, and for which of its libraries goes with it. */
  private static final String DJL_FOLDER = "PYTORCH_LIBRARY_PATH";

  private static final String DJL_FLAVOR = "PYTORCH_FLAVOR";

  private static final Pattern WHEEL_VERSION =
      Pattern.compile("(?m)^__version__ = '([\\d.]+)[^']*'");
  private static final Pattern WHEEL_CUDA = Pattern.compile("(?m)^cuda: .* = '([\\d.]+)'");
  private static final Pattern ARCHIVE_VERSION = Pattern.compile("^([\\d.]+)(?:\\+cu(\\d+))?");

  /**
   * The one that the process's environment names.
   *
   * @return it, or empty where the build's own is to be used
   * @throws UserException where there is none in that place, or it is of another version
   */
  public static Optional<Libtorch> ofProcess() {
    return named(System.getenv());
  }

  /** The one that an environment names, by {@link #VARIABLE} or, as DJL has it, by its own. */
  static Optional<Libtorch> named(Map<String, String> environment) {
    for (String variable : List.of(VARIABLE, DJL_FOLDER)) {
      String given = environment.getOrDefault(variable, "");
      if (!given.isBlank()) {
        return Optional.of(in(variable, Path.of(given)));
      }
    }
    return Optional.empty();
  }

  private static Libtorch in(String variable, Path given) {
    Path folder =
        candidates(given)
            .filter(path -> Files.isRegularFile(path.resolve(System.mapLibraryName("torch"))))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        ("%s: there is no libtorch in %s; name a virtual environment with torch"
                                + " %s, or its folder torch/lib")
                            .formatted(variable, given, VERSION)));
    Libtorch found = read(folder);
    if (!found.version().equals(VERSION)) {
      throw new UserException(
          "%s: %s has libtorch %s, but %s is needed: pip install torch==%s"
              .formatted(variable, given, found.version(), VERSION, VERSION));
    }
    return found;
  }

  /** The folder itself, that of a package or an archive, that of a virtual environment. */
  private static Stream<Path> candidates(Path given) {
    Stream<Path> near = Stream.of(given, given.resolve("lib"), given.resolve("torch/lib"));
    try (Stream<Path> pythons =
        Files.isDirectory(given.resolve("lib"))
            ? Files.list(given.resolve("lib"))
            : Stream.<Path>empty()) {
      List<Path> packages =
          pythons
              .filter(path -> path.getFileName().toString().startsWith("python3"))
              .map(path -> path.resolve("site-packages/torch/lib"))
              .sorted()
              .toList();
      return Stream.concat(near, packages.stream());
    } catch (IOException e) {
      return near;
    }
  }

  /** What a wheel's {@code version.py} or an archive's {@code build-version} says. */
  private static Libtorch read(Path folder) {
    Path root = folder.toAbsolutePath().normalize().getParent();
    try {
      if (Files.isRegularFile(root.resolve("version.py"))) {
        String text = Files.readString(root.resolve("version.py"));
        return new Libtorch(
            folder, first(WHEEL_VERSION, text).orElse("unknown"), first(WHEEL_CUDA, text));
      }
      if (Files.isRegularFile(root.resolve("build-version"))) {
        Matcher matcher = ARCHIVE_VERSION.matcher(Files.readString(root.resolve("build-version")));
        if (matcher.find()) {
          Optional<String> cuda =
              Optional.ofNullable(matcher.group(2)).map(digits -> digits.replaceFirst(".$", ".$0"));
          return new Libtorch(folder, matcher.group(1), cuda);
        }
      }
    } catch (IOException e) {
      throw new UserException(root + ": can't be read (" + e + "); check the folder", e);
    }
    return new Libtorch(folder, "unknown", Optional.empty());
  }

  private static Optional<String> first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /**
   * Tells DJL to load the named one. Its library for the CPU goes with every build of libtorch: it
   * loads {@code libtorch}, which brings the part for CUDA along.
   */
  static void prepare() {
    ofProcess()
        .ifPresent(
            named -> {
              System.setProperty(DJL_FOLDER, named.folder().toAbsolutePath().toString());
              System.setProperty(DJL_FLAVOR, "cpu");
            });
  }
}
