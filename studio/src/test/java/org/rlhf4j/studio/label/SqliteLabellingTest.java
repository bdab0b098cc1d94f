package org.rlhf4j.studio.label;

/** Labelling in SQLite. */
class SqliteLabellingTest extends LabellingTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }
}
