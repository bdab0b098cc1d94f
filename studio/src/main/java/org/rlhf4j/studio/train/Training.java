package org.rlhf4j.studio.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A training that began on the page.
 *
 * @param id its number
 * @param project the project's number
 * @param machine where it runs
 * @param folder of its labels, its pipeline file, its log and its run
 * @param state how far it is
 * @param recipe how it goes
 * @param steps that it makes
 * @param labels SHA-256 of the rows that it learns from
 * @param learnt how many these are
 * @param kept rows that are kept back to judge it
 * @param planner the process of the studio that began it; null before
 * @param process its process while it runs; null before
 * @param said how it ended, in a line; empty before
 * @param judged how its model does on the pairs that it was judged on; null if there were none
 * @param created when it was asked for, in milliseconds since 1970
 * @param ended when it ended; null before
 */
public record Training(
    long id,
    long project,
    String machine,
    Path folder,
    State state,
    Recipe recipe,
    int steps,
    String labels,
    int learnt,
    int kept,
    ProcessMark planner,
    ProcessMark process,
    String said,
    JsonNode judged,
    long created,
    Long ended) {

  /** How far a training is. */
  public enum State {
    /** Others run before it. */
    WAITING,
    /** Its process works, or is about to. */
    RUNNING,
    /** It has left a reward model. */
    FINISHED,
    /** It was asked to stop. */
    STOPPED,
    /** Something went wrong. */
    FAILED,
    /** There is too little memory for it. */
    REFUSED,
    /** It was taken out of the queue. */
    WITHDRAWN;

    /** As the store and the page have it. */
    public String written() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String written) {
      return valueOf(written.toUpperCase(Locale.ROOT));
    }

    /** Whether it can be begun once more where it ended. */
    public boolean isResumable() {
      return this == STOPPED || this == FAILED || this == REFUSED;
    }
  }

  /** What it is called: the name of its folder. */
  public String name() {
    return folder.getFileName().toString();
  }

  /** The run directory of its reward model. */
  public Path run() {
    return folder.resolve(Snapshot.STAGE);
  }

  /** The pipeline file. */
  Path pipeline() {
    return folder.resolve(Snapshot.PIPELINE);
  }

  /** What its process said. */
  Path log() {
    return folder.resolve("train.log");
  }
}
