package org.rlhf4j.data.row;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What is worth a word about how a row was read.
 *
 * @param ignored fields that say something and that nothing reads
 * @param remarks what was guessed, taken off or left out; sentences that fit behind a number of
 *     rows
 */
record RowNotes(Set<String> ignored, Set<String> remarks) {

  RowNotes() {
    this(new LinkedHashSet<>(), new LinkedHashSet<>());
  }

  void ignore(String field) {
    ignored.add(field);
  }

  void remark(String what) {
    remarks.add(what);
  }
}
