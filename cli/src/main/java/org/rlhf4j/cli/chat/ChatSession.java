package org.rlhf4j.cli.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.rlhf4j.cli.command.FiniteNumbers;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/**
 * What was said to a model and what it answered. Where a dialogue no longer fits in the model's
 * positions beside an answer, its first messages are forgotten, the system message never.
 */
final class ChatSession {

  /** What a decoder writes for bytes that are no whole character yet. */
  private static final String INCOMPLETE = "\uFFFD";

  private final LanguageModel model;
  private final ChatTemplate template;
  private final SamplingSettings sampling;
  private final long seed;
  private final List<ChatMessage> system;
  private final List<ChatMessage> turns = new ArrayList<>();
  private long answers;

  /**
   * Begins a conversation.
   *
   * @param system what the model is told before it, or null
   */
  ChatSession(
      LanguageModel model,
      ChatTemplate template,
      SamplingSettings sampling,
      long seed,
      String system) {
    this.model = model;
    this.template = template;
    this.sampling = sampling;
    this.seed = seed;
    this.system = system == null ? List.of() : List.of(new ChatMessage("system", system));
  }

  /** Forgets all that was said, but for the system message. */
  void clear() {
    turns.clear();
  }

  /**
   * Says something and has it answered.
   *
   * @param message what is said
   * @param text takes the answer, piece by piece as it is sampled
   * @return how many messages were forgotten to make room
   * @throws UserException if the template refuses the dialogue or the message alone is too long;
   *     the message is then taken back
   */
  int say(String message, Consumer<String> text) {
    turns.add(new ChatMessage("user", message));
    try {
      int before = turns.size();
      int[] prompt = fittingPrompt();
      turns.add(new ChatMessage(ChatMessage.ASSISTANT, answer(prompt, text)));
      return before + 1 - turns.size();
    } catch (UserException e) {
      turns.remove(turns.size() - 1);
      throw e;
    }
  }

  /** The prompt's ids: a template brings its own BOS, so the tokenizer adds none. */
  private int[] fittingPrompt() {
    int positions = model.config().dimensions().positions();
    int[] prompt = ids();
    while (prompt.length + sampling.maxNewTokens() > positions && turns.size() > 1) {
      turns.subList(0, 2).clear(); // a question with its answer
      prompt = ids();
    }
    if (prompt.length >= positions) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "a message of %d tokens doesn't fit in the model's %d positions; shorten it",
              prompt.length,
              positions));
    }
    return prompt;
  }

  private int[] ids() {
    List<ChatMessage> messages = new ArrayList<>(system);
    messages.addAll(turns);
    return model.tokenizer().encodeRaw(template.prompt(messages));
  }

  private String answer(int[] prompt, Consumer<String> text) {
    Tokenizer tokenizer = model.tokenizer();
    Shown shown = new Shown(text);
    SampleKey key = new SampleKey(seed, answers++, 0, 0);
    Sampled sampled =
        Generator.generate(
                model,
                sampling,
                tokenizer.stopIds(),
                SamplingListener.until(ids -> shown.upTo(tokenizer.decodeContinuation(ids))),
                List.of(new GenerationRequest(prompt, List.of(key))),
                1)
            .get(0)
            .get(0);
    FiniteNumbers.require(sampled.logprobs(), "log-probability");
    String whole = tokenizer.decodeContinuation(sampled.ids());
    shown.whole(whole);
    return whole.strip();
  }

  /** How much of an answer has been written. */
  private static final class Shown {

    private final Consumer<String> to;
    private String text = "";

    Shown(Consumer<String> to) {
      this.to = to;
    }

    /** Writes what is new but for a character that isn't whole; more is always wanted. */
    boolean upTo(String soFar) {
      if (!soFar.endsWith(INCOMPLETE)) {
        whole(soFar);
      }
      return false;
    }

    void whole(String all) {
      if (all.startsWith(text)) {
        to.accept(all.substring(text.length()));
        text = all;
      }
    }
  }
}
