package org.rlhf4j.studio.review;

class SqliteReviewTest extends ReviewTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }
}
