import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compares a distribution's {@code sbom.cdx.json} (CycloneDX) with its jars: each jar has to stand
 * in it under its name and version, and each component has to have a licence.
 */
public final class CheckBillOfMaterials {

  /** pkg:maven/group/artifact@version?classifier=…&type=jar. */
  private static final Pattern PURL =
      Pattern.compile("pkg:maven/[^/]+/([^@]+)@([^?]+)(?:\\?(?:classifier=([^&]+)&)?type=jar)?");

  private CheckBillOfMaterials() {}

  public static void main(String[] arguments) throws IOException {
    Path home = Path.of(arguments[0]);
    JsonNode bill = new ObjectMapper().readTree(home.resolve("sbom.cdx.json").toFile());
    List<JsonNode> components = new ArrayList<>();
    bill.path("components").forEach(components::add);
    components.add(bill.path("metadata").path("component"));
    Set<String> named = new HashSet<>();
    List<String> faults = new ArrayList<>();
    for (JsonNode component : components) {
      Matcher purl = PURL.matcher(component.path("purl").asText());
      if (!purl.matches()) {
        faults.add("not a Maven jar: " + component.path("purl").asText());
        continue;
      }
      String classifier = purl.group(3) == null ? "" : "-" + purl.group(3);
      named.add(purl.group(1) + "-" + purl.group(2).replace("%2B", "+") + classifier + ".jar");
      if (component.path("licenses").isEmpty()) {
        faults.add("no licence: " + component.path("purl").asText());
      }
    }
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      jars.map(jar -> jar.getFileName().toString())
          .filter(jar -> !named.contains(jar))
          .forEach(jar -> faults.add("a jar that sbom.cdx.json doesn't name: " + jar));
    }
    if (!faults.isEmpty()) {
      faults.forEach(System.err::println);
      System.exit(1);
    }
    System.out.println("ci: sbom.cdx.json names " + named.size() + " jars, each with a licence");
  }
}
