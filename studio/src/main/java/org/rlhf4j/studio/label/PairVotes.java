package org.rlhf4j.studio.label;

/** What several annotators said about the same two completions. */
final class PairVotes {

  /** What they said together. */
  enum Result {
    FIRST,
    SECOND,
    TIE,
    BOTH_BAD,
    /** No answer has the share of the votes that it needs, or two have the same. */
    DISAGREED
  }

  private int first;
  private int second;
  private int ties;
  private int bad;
  private int strengthOfFirst;
  private int strengthOfSecond;

  /** A vote for one of them, with a strength from 1 to 4. */
  void prefer(boolean theFirst, int strength) {
    if (theFirst) {
      first++;
      strengthOfFirst += strength;
    } else {
      second++;
      strengthOfSecond += strength;
    }
  }

  void tie() {
    ties++;
  }

  void bothBad() {
    bad++;
  }

  /**
   * The answer of most annotators.
   *
   * @param agreement the share of the votes that it needs
   */
  Result result(double agreement) {
    int most = Math.max(Math.max(first, second), Math.max(ties, bad));
    int total = first + second + ties + bad;
    int answers =
        (first == most ? 1 : 0)
            + (second == most ? 1 : 0)
            + (ties == most ? 1 : 0)
            + (bad == most ? 1 : 0);
    if (most < agreement * total || answers > 1) {
      return Result.DISAGREED;
    }
    if (first == most) {
      return Result.FIRST;
    }
    return second == most ? Result.SECOND : ties == most ? Result.TIE : Result.BOTH_BAD;
  }

  /**
   * How far the scores should be apart, from 0, hardly, to 1, much: (s − 1) / 3 with s the mean
   * strength of those whose answer won. These are the four steps of Llama 2 (Touvron et al. 2023,
   * the small margins of its appendix).
   */
  double margin() {
    double mean =
        first > second ? (double) strengthOfFirst / first : (double) strengthOfSecond / second;
    return (mean - 1) / (Answer.STRONGEST - 1);
  }
}
