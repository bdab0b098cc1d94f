package org.rlhf4j.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageType;

/**
 * Where a run stands among others.
 *
 * @param stage the stage's name, {@code unknown} where the run doesn't say it
 * @param group the heading under which its curves stand
 */
public record RunHeading(String stage, String group) {

  private static final String NO_GROUP = "Other runs";

  /**
   * Reads the configuration of a run, and nothing else.
   *
   * @param run a run directory
   * @throws UserException when its configuration is malformed
   */
  public static RunHeading read(Path run) {
    return of(ReportedRun.stage(ReportedRun.settings(run)));
  }

  static RunHeading of(Optional<StageType<?>> stage) {
    return stage.isPresent()
        ? new RunHeading(stage.get().name(), stage.get().group())
        : new RunHeading("unknown", NO_GROUP);
  }

  /**
   * The headings of curves: what a pipeline ends with stands first.
   *
   * @return all of them
   */
  public static List<String> groups() {
    List<String> headings =
        new ArrayList<>(Stages.ALL.stream().<String>map(StageType::group).distinct().toList());
    Collections.reverse(headings);
    headings.add(NO_GROUP);
    return headings;
  }
}
