package org.rlhf4j.model.family;

/** What every family keeps, of GPT-2; what it refuses is in ModelConfigTest. */
class Gpt2Test extends FamilyContract {
  Gpt2Test() {
    super("gpt2");
  }
}
