package org.rlhf4j.studio.train;

/** What is kept of trainings in SQLite. */
class SqliteTrainingRecordsTest extends TrainingRecordsTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }
}
