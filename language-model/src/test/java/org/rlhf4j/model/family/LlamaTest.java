package org.rlhf4j.model.family;

/** What every family keeps, of Llama; what it refuses is in ModelConfigTest. */
class LlamaTest extends FamilyContract {
  LlamaTest() {
    super("llama");
  }
}
