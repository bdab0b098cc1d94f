package org.rlhf4j.studio.choice;

/** The choice of the next items in SQLite. */
class SqliteChoicesTest extends ChoicesTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }
}
