package org.rlhf4j.studio.load;

/**
 * How much a load test does: {@code -Dstudio.load=LABELLERS,SECONDS,PAUSE,ARRIVAL}. The build's is
 * small; {@code 200,120,2,10} is a team's.
 *
 * @param labellers at once
 * @param seconds for how long
 * @param pause mean seconds between an item and its answer; 0 is as fast as it goes
 * @param arrival seconds over which they come, evenly; with 0 they begin in the same moment
 */
record Load(int labellers, int seconds, double pause, double arrival) {

  /** Answers of each item. */
  static final int TARGET = 2;

  static Load ofProcess() {
    String[] said = System.getProperty("studio.load", "20,10,0,0").split(",");
    return new Load(
        Integer.parseInt(said[0]),
        Integer.parseInt(said[1]),
        Double.parseDouble(said[2]),
        Double.parseDouble(said[3]));
  }

  /** Items, of which some are left at the end. */
  int items() {
    return pause == 0
        ? 2 * labellers * seconds
        : labellers + (int) (1.5 * labellers * seconds / pause / TARGET);
  }
}
