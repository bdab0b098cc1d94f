package org.rlhf4j.studio.circle;

/** Reward models held against labels in SQLite. */
class SqliteCirclesTest extends CirclesTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }
}
