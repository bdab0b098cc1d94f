package org.rlhf4j.hub;

/** Is told how a download goes on, by several threads at once. */
public interface TransferProgress {

  /** Says nothing. */
  TransferProgress SILENT =
      new TransferProgress() {
        @Override
        public void begin(String what, int files, long bytes) {}

        @Override
        public void received(long bytes) {}

        @Override
        public void note(String line) {}

        @Override
        public void end() {}
      };

  /**
   * A download begins.
   *
   * @param what the repository
   * @param files how many files are missing
   * @param bytes how many bytes these have, those of an interrupted download included
   */
  void begin(String what, int files, long bytes);

  /**
   * Bytes are there.
   *
   * @param bytes how many more; negative where some had to be thrown away
   */
  void received(long bytes);

  /**
   * Something to know, such as a wait.
   *
   * @param line one line
   */
  void note(String line);

  /** The download that began has ended, well or not. */
  void end();
}
