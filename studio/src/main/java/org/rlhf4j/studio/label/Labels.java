package org.rlhf4j.studio.label;

import java.time.Clock;
import org.rlhf4j.studio.store.Store;

/** All about labels in one store. */
public final class Labels {

  private final Store store;
  private final Projects projects;
  private final Items items;
  private final Labelling labelling;
  private final long annotator;

  /**
   * The labels of a store, for commands that don't label.
   *
   * @param store where they are
   * @param clock what time it is
   */
  public Labels(Store store, Clock clock) {
    this(store, clock, Annotators.LOCAL);
  }

  /**
   * The labels of a store.
   *
   * @param store where they are
   * @param clock what time it is
   * @param annotator the name of who labels here
   */
  public Labels(Store store, Clock clock, String annotator) {
    this.store = store;
    projects = new Projects(store, clock);
    items = new Items(store);
    labelling = new Labelling(store, clock);
    this.annotator = new Annotators(store, clock).named(annotator);
  }

  /** Where they are. */
  public Store store() {
    return store;
  }

  /** The projects. */
  public Projects projects() {
    return projects;
  }

  /** What is to be labelled. */
  public Items items() {
    return items;
  }

  /** Who labels what, and how. */
  public Labelling labelling() {
    return labelling;
  }

  /** The number of who labels here. */
  public long annotator() {
    return annotator;
  }
}
