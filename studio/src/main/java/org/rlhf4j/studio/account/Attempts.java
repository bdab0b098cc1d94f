package org.rlhf4j.studio.account;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows down who tries passwords. After {@value #FREE} attempts on a name without the right
 * password, each further one waits twice as long as the one before, up to half a minute. An attempt
 * counts when it begins, so that many at once gain nothing.
 */
public final class Attempts {

  static final int FREE = 5;
  static final Duration LONGEST = Duration.ofSeconds(30);

  /** Names that are remembered; the one that was tried least recently is forgotten first. */
  private static final int NAMES = 10_000;

  private record Tried(int times, long next) {}

  private final Clock clock;
  private final Map<String, Tried> tried =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Tried> eldest) {
          return size() > NAMES;
        }
      };

  /** Nobody has tried anything. */
  public Attempts(Clock clock) {
    this.clock = clock;
  }

  /**
   * Begins an attempt.
   *
   * @param name whose password is tried
   * @return how long to wait first; zero if it may go on
   */
  public synchronized Duration begin(String name) {
    String login = key(name);
    long now = clock.millis();
    Tried before = tried.getOrDefault(login, new Tried(0, now));
    if (before.next() > now) {
      return Duration.ofMillis(before.next() - now);
    }
    int times = Math.min(before.times() + 1, FREE + 10);
    long wait =
        times < FREE ? 0 : Math.min(LONGEST.toMillis(), 1_000L << Math.min(10, times - FREE));
    tried.put(login, new Tried(times, now + wait));
    return Duration.ZERO;
  }

  /** Forgets the attempts on a name: its password was right. */
  public synchronized void succeeded(String name) {
    tried.remove(key(name));
  }

  /** No account's name is longer, and nobody fills the memory with names. */
  private static String key(String name) {
    String login = Credentials.login(name);
    return login.substring(0, Math.min(login.length(), Credentials.LONGEST_NAME));
  }
}
