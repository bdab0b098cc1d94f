package org.rlhf4j.data.row;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.data.file.Location;

/**
 * Completions of one prompt, best first: a pair, or a ranking of more.
 *
 * @param prompt the prompt
 * @param completions at least two, best first
 * @param margin by how much the chosen score should exceed the rejected one; 0 where no one says
 * @param location where the row begins
 * @param messages where it is given as messages, those
 * @param columns values of further fields that were asked for, by the field's name
 */
public record Comparison(
    String prompt,
    List<String> completions,
    double margin,
    Location location,
    Optional<Messages> messages,
    Map<String, String> columns)
    implements Row {

  /** Checks that there is something to compare. */
  public Comparison {
    completions = List.copyOf(completions);
    columns = Map.copyOf(columns);
    if (completions.size() < 2) {
      throw new IllegalArgumentException("a comparison needs at least two completions");
    }
  }

  /**
   * Creates a comparison that is text.
   *
   * @param prompt the prompt
   * @param completions at least two, best first
   * @param margin by how much the chosen score should exceed the rejected one
   * @param location where the row begins
   */
  public Comparison(String prompt, List<String> completions, double margin, Location location) {
    this(prompt, completions, margin, location, Optional.empty(), Map.of());
  }

  /**
   * Creates a pair.
   *
   * @param prompt the prompt
   * @param chosen the better completion
   * @param rejected the worse completion
   * @param margin by how much the chosen score should exceed the rejected one
   * @param location where the row begins
   */
  public Comparison(
      String prompt, String chosen, String rejected, double margin, Location location) {
    this(prompt, List.of(chosen, rejected), margin, location);
  }

  /**
   * Returns this comparison with values of further fields.
   *
   * @param values by the field's name
   * @return the same comparison otherwise
   */
  public Comparison withColumns(Map<String, String> values) {
    return new Comparison(prompt, completions, margin, location, messages, values);
  }

  /**
   * Returns the best completion.
   *
   * @return its text
   */
  public String chosen() {
    return completions.get(0);
  }

  /**
   * Returns the worst completion: of a pair, the other one.
   *
   * @return its text
   */
  public String rejected() {
    return completions.get(completions.size() - 1);
  }

  /**
   * Tells whether no completion differs from the first, so that there is nothing to learn.
   *
   * @return whether all are the same text
   */
  public boolean identical() {
    return completions.stream().allMatch(chosen()::equals);
  }

  /**
   * Takes the chosen side for a demonstration.
   *
   * @return the prompt with its best completion
   */
  public Demonstration demonstration() {
    return new Demonstration(prompt, chosen(), false, location, messages.map(Messages::best));
  }

  @Override
  public String splitKey() {
    return prompt.isEmpty() ? chosen() : prompt;
  }
}
