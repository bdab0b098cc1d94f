package org.rlhf4j.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.model.torch.Libtorch;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Scalars;

/** Holds the direction of dependencies between the modules, and what stays inside one of them. */
class ArchitectureTest {

  /** What each module's packages may use of the others', besides themselves. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("settings", Set.of()),
          entry("jinja", Set.of()),
          entry("hub", Set.of("settings")),
          entry("model", Set.of("settings", "jinja", "hub")),
          entry("data", Set.of("settings", "jinja", "hub", "model")),
          entry("training", Set.of("settings", "hub", "model")),
          entry("sft", Set.of("settings", "hub", "model", "data", "training")),
          entry("reward", Set.of("settings", "hub", "model", "data", "training")),
          entry("dpo", Set.of("settings", "hub", "model", "data", "training", "reward")),
          entry("rollout", Set.of("settings", "hub", "model", "data", "training", "reward")),
          entry("ppo", Set.of("settings", "hub", "model", "data", "training", "reward", "rollout")),
          entry(
              "grpo", Set.of("settings", "hub", "model", "data", "training", "reward", "rollout")),
          entry(
              "stages",
              Set.of("settings", "model", "training", "sft", "reward", "dpo", "ppo", "grpo")),
          entry("report", Set.of("settings", "model", "data", "training", "reward", "stages")),
          entry(
              "pipeline",
              Set.of(
                  "settings", "hub", "model", "data", "training", "rollout", "stages", "report")),
          entry(
              "studio",
              Set.of(
                  "settings",
                  "hub",
                  "model",
                  "data",
                  "training",
                  "reward",
                  "rollout",
                  "stages",
                  "report",
                  "pipeline")));

  private static JavaClasses product;

  @BeforeAll
  static void readClasses() {
    product =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.rlhf4j");
    assertThat(product).isNotEmpty();
  }

  static List<String> packages() {
    return MAY_USE.keySet().stream().sorted().toList();
  }

  @ParameterizedTest
  @MethodSource("packages")
  void packageUsesOnlyWhatItMay(String name) {
    directionOf(name, MAY_USE.get(name)).check(product);
  }

  /**
   * An array's memory is given out in one place, which knows whether it is the host's: of a
   * device's array DJL hands out a copy, in which what is written is lost.
   */
  @Test
  void onlyPlacementTakesTheMemoryOfArrays() {
    memoryOnlyIn(Placement.class).check(product);
    assertThatThrownBy(() -> memoryOnlyIn(Libtorch.class).check(product))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Placement");
  }

  private static ArchRule memoryOnlyIn(Class<?> owner) {
    DescribedPredicate<JavaMethodCall> takesMemory =
        DescribedPredicate.describe(
            "take an array's memory",
            call ->
                call.getTargetOwner().getPackageName().startsWith("ai.djl")
                    && call.getTarget().getName().matches("toByteBuffer|getByteBuffer"));
    return noClasses()
        .that()
        .doNotHaveFullyQualifiedName(owner.getName())
        .should()
        .callMethodWhere(takesMemory);
  }

  /** What a gradient needs stays until it is computed; see {@link Scalars}. */
  @Test
  void onlyScalarsMultipliesArraysByNumbers() {
    numbersOnlyIn(Scalars.class, "(mul|div|pow|mod)i?|minimum|maximum").check(product);
    assertThatThrownBy(() -> numbersOnlyIn(Scalars.class, "sub").check(product))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("java.lang.Number");
  }

  private static ArchRule numbersOnlyIn(Class<?> owner, String names) {
    DescribedPredicate<JavaMethodCall> takesNumber =
        DescribedPredicate.describe(
            "compute with an array and a number",
            call ->
                call.getTargetOwner().isAssignableTo(NDArray.class)
                    && call.getTarget().getName().matches(names)
                    && call.getTarget().getRawParameterTypes().stream()
                        .anyMatch(type -> type.isEquivalentTo(Number.class)));
    return noClasses()
        .that()
        .doNotHaveFullyQualifiedName(owner.getName())
        .should()
        .callMethodWhere(takesNumber);
  }

  @Test
  void directionRuleCanFail() {
    assertThatThrownBy(() -> directionOf("cli", Set.of("data")).check(product))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("org.rlhf4j.model");
  }

  @Test
  void onlyLanguageModelKnowsThePytorchEngine() {
    noClasses()
        .that(not(resideInAPackage("org.rlhf4j.model..")))
        .should()
        .dependOnClassesThat(resideInAPackage("ai.djl.pytorch.."))
        .check(product);
  }

  @Test
  void onlyLanguageModelKnowsThatThereAreScripts() {
    noClasses()
        .that(not(resideInAPackage("org.rlhf4j.model..")))
        .should()
        .dependOnClassesThat()
        .haveSimpleName("TorchScript")
        .because("scripts stay behind interfaces of language-model")
        .check(product);
  }

  @Test
  void onlyTheCommandKnowsPicocliAndLogback() {
    noClasses()
        .that(not(resideInAPackage("org.rlhf4j.cli..")))
        .should()
        .dependOnClassesThat(resideInAnyPackage("picocli..", "ch.qos.logback.."))
        .check(product);
  }

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("org.rlhf4j.(**)")
        .should()
        .beFreeOfCycles()
        .check(product);
  }

  /** CONTRIBUTING names the bound. */
  @Test
  void noFileIsTooLongToRead() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (Path folder : sourceFolders()) {
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    assertThat(sources).hasSizeGreaterThan(400);
    assertThat(sources)
        .allSatisfy(file -> assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(400));
  }

  /** A package without a page of its own is one that nobody can find their way into. */
  @Test
  void everyPackageSaysWhatLivesThere() throws IOException {
    Set<Path> packages = new TreeSet<>();
    for (Path sources : sourceFolders()) {
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .forEach(file -> packages.add(file.getParent()));
      }
    }
    assertThat(packages).hasSizeGreaterThan(15);
    for (Path folder : packages) {
      Path page = folder.resolve("package-info.java");
      assertThat(page).exists();
      String said = Files.readString(page).replaceAll("(?s)\\*/.*|[/* \\n]+", " ");
      assertThat(said.strip().split(" ")).as(page.toString()).hasSizeGreaterThan(15);
    }
  }

  private static List<Path> sourceFolders() throws IOException {
    try (Stream<Path> folders =
        Files.find(Path.of(".."), 5, (path, attributes) -> path.endsWith("src/main/java"))) {
      return folders.filter(folder -> !folder.startsWith("../.ci")).toList();
    }
  }

  private static ArchRule directionOf(String name, Set<String> mayUse) {
    String[] allowed =
        Stream.concat(Stream.of(name), mayUse.stream())
            .map(allowedName -> "org.rlhf4j." + allowedName + "..")
            .toArray(String[]::new);
    return classes()
        .that(resideInAPackage(allowed[0]))
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("org.rlhf4j..")).or(resideInAnyPackage(allowed)))
        .as(name + " uses only what it may");
  }
}
