package org.rlhf4j.studio.load;

/**
 * How much a load test does. The build's is small; {@code -Dstudio.load.labellers=200
 * -Dstudio.load.seconds=120 -Dstudio.load.pause=2} is a team's.
 *
 * @param labellers at once
 * @param seconds for how long
 * @param pause mean seconds between an item and its answer; 0 is as fast as it goes
 */
record Load(int labellers, int seconds, double pause) {

  /** Answers of each item. */
  static final int TARGET = 2;

  static Load ofProcess() {
    return new Load(
        Integer.getInteger("studio.load.labellers", 20),
        Integer.getInteger("studio.load.seconds", 10),
        Double.parseDouble(System.getProperty("studio.load.pause", "0")));
  }

  /** Items, of which enough are left at the end of a team's load. */
  int items() {
    return 2 * labellers * seconds;
  }
}
