package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.rlhf4j.settings.UserException;

/**
 * Which files of a model's repository are needed: configuration, tokenizer, safetensors; of an
 * adapter's the two that peft writes, and the tokenizer where it has one.
 */
final class ModelFiles {

  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  /** What an adapter is. */
  static final List<String> ADAPTER = List.of("adapter_config.json", "adapter_model.safetensors");

  static final String TOKENIZER = "tokenizer.json";

  /** What can't be done without, beside the weights. */
  static final List<String> REQUIRED = List.of(CONFIG, TOKENIZER);

  /** What says more about sampling and the tokenizer, where a model has it. */
  static final List<String> OPTIONAL =
      List.of(
          "generation_config.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja");

  /** What only our own reward models have: by it they are recognized. */
  static final String MANIFEST = "rlhf.json";

  private ModelFiles() {}

  /** Those of its tokenizer, and what stands beside them of sampling. */
  static List<RemoteFile> tokenizer(HubRepo repo, Listing listing) {
    requireListed(List.of(TOKENIZER), repo, listing);
    return listed(List.of(TOKENIZER), List.of(), listing);
  }

  /**
   * The needed ones of a listing.
   *
   * @param json gives the content of a JSON file
   * @throws UserException where the model can't be used: it has pickled weights, or none
   */
  static List<RemoteFile> of(HubRepo repo, Listing listing, Function<String, JsonNode> json) {
    if (ADAPTER.stream().allMatch(listing::has)) {
      return listed(List.of(TOKENIZER), ADAPTER, listing);
    }
    requireListed(List.of(CONFIG), repo, listing);
    List<String> weights = weights(repo, listing, json);
    requireListed(REQUIRED, repo, listing);
    return listed(REQUIRED, weights, listing);
  }

  /** Those of some names, of the optional ones and of the weights that are listed. */
  private static List<RemoteFile> listed(
      List<String> names, List<String> weights, Listing listing) {
    List<String> wanted = new ArrayList<>(names);
    wanted.addAll(OPTIONAL);
    wanted.add(MANIFEST);
    wanted.addAll(weights);
    return wanted.stream().flatMap(name -> listing.file(name).stream()).toList();
  }

  private static List<String> weights(
      HubRepo repo, Listing listing, Function<String, JsonNode> json) {
    if (listing.has(WEIGHTS)) {
      return List.of(WEIGHTS);
    }
    if (listing.has(INDEX)) {
      Set<String> names = new LinkedHashSet<>(List.of(INDEX));
      json.apply(INDEX).path("weight_map").forEach(shard -> names.add(shard.asText()));
      requireListed(names, repo, listing);
      return List.copyOf(names);
    }
    PickleCheckpoint.among(listing::has)
        .ifPresent(
            pickle -> {
              String folder = repo.id().substring(repo.id().indexOf('/') + 1);
              throw PickleCheckpoint.refusal(
                  repo.toString(), pickle, json.apply(CONFIG), repo.id(), repo.revision(), folder);
            });
    throw new UserException(repo + ": it has no " + WEIGHTS + "; name a model that has one");
  }

  /** A name from an index is none of a file elsewhere: it has to be that of a file at the top. */
  private static void requireListed(Collection<String> names, HubRepo repo, Listing listing) {
    for (String name : names) {
      if (!listing.has(name) || !name.matches("[\\w.-]+\\.(json|safetensors)")) {
        throw new UserException(
            "%s: it has no %s; name another model or revision".formatted(repo, name));
      }
    }
  }

  /** Whether what is there makes a model. */
  static boolean isUsable(Predicate<String> there, Function<String, JsonNode> json) {
    if (ADAPTER.stream().allMatch(there)) {
      return true;
    }
    if (!REQUIRED.stream().allMatch(there)) {
      return false;
    }
    if (there.test(WEIGHTS)) {
      return true;
    }
    if (!there.test(INDEX)) {
      return false;
    }
    for (JsonNode shard : json.apply(INDEX).path("weight_map")) {
      if (!there.test(shard.asText())) {
        return false;
      }
    }
    return true;
  }
}
