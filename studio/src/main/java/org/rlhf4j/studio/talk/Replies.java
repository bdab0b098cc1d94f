package org.rlhf4j.studio.talk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UserException;

/**
 * Samples replies to a dialogue. A model with a chat template reads the dialogue by it. For one
 * without, each message of the user is put into a form of words, and the replies follow.
 */
public final class Replies implements AutoCloseable {

  /** Stands for the user's message in the form of words. */
  public static final String MESSAGE = "{}";

  /** Replies that are alike are sampled again so often. */
  private static final int ROUNDS = 4;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Supplier<LanguageModel> loading;
  private final String name;
  private final Optional<ChatTemplate> template;
  private final String form;
  private final SamplingSettings sampling;
  private final long seed;
  private final AtomicLong turns = new AtomicLong();
  private final ReentrantLock one = new ReentrantLock(true);
  private LanguageModel model; // null while it is let go
  private String away; // why it is let go

  /**
   * Replies of a model, which is loaded at once and closed with them.
   *
   * @param loading loads who replies
   * @param name what the model is called
   * @param form what a message is written as without a chat template, with {@link #MESSAGE} in it
   * @param sampling how replies are drawn
   * @param seed of their random numbers
   */
  public Replies(
      Supplier<LanguageModel> loading,
      String name,
      String form,
      SamplingSettings sampling,
      long seed) {
    this.loading = loading;
    this.model = loading.get();
    this.name = name;
    this.template = ChatTemplate.find(model.tokenizer());
    this.form = form;
    this.sampling = sampling;
    this.seed = seed;
  }

  /** What the model is called. */
  public String name() {
    return name;
  }

  /** How many tokens a text has. */
  public int tokens(String text) {
    one.lock();
    try {
      return present().tokenizer().encodeRaw(text).length;
    } finally {
      one.unlock();
    }
  }

  /**
   * Lets the model go, so that its memory is free, until it may come back. A reply that is being
   * sampled comes to its end first.
   *
   * @param why what is said to those who talk meanwhile
   */
  public void letGo(String why) {
    one.lock();
    try {
      if (model != null) {
        model.close();
        model = null;
      }
      away = why;
    } finally {
      one.unlock();
    }
  }

  /** Lets the model come back: it is loaded when somebody talks. */
  public void comeBack() {
    one.lock();
    try {
      away = null;
    } finally {
      one.unlock();
    }
  }

  private LanguageModel present() {
    if (away != null) {
      throw new UserException(away);
    }
    if (model == null) {
      model = loading.get();
    }
    return model;
  }

  /**
   * The dialogue as the prompt of a row: messages, or for a model without a template the text that
   * it reads.
   */
  public JsonNode prompt(List<ChatMessage> dialogue) {
    if (template.isEmpty()) {
      return TextNode.valueOf(text(dialogue));
    }
    ArrayNode messages = JSON.createArrayNode();
    dialogue.forEach(
        message ->
            messages.addObject().put("role", message.role()).put("content", message.content()));
    return messages;
  }

  private String text(List<ChatMessage> dialogue) {
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : dialogue) {
      if (message.isAssistant()) {
        text.append(message.content()).append('\n');
      } else {
        text.append(form.replace(MESSAGE, message.content()));
      }
    }
    return text.toString();
  }

  /**
   * Samples distinct replies. One caller at a time is served; the others wait.
   *
   * @param dialogue what was said, the user's message last
   * @param count how many replies
   * @param unwanted asked now and then: whether nobody waits for them any more
   * @return so many replies; fewer if they became unwanted
   * @throws UserException if the dialogue doesn't fit, or the model has not so many replies
   */
  public List<String> sample(List<ChatMessage> dialogue, int count, BooleanSupplier unwanted) {
    one.lock();
    try {
      LanguageModel present = present();
      String prompt = template.isPresent() ? template.get().prompt(dialogue) : text(dialogue);
      int[] ids =
          template.isPresent()
              ? present.tokenizer().encodeRaw(prompt)
              : present.tokenizer().encode(prompt);
      return sample(ids, count, unwanted);
    } finally {
      one.unlock();
    }
  }

  private List<String> sample(int[] prompt, int count, BooleanSupplier unwanted) {
    requireRoom(prompt);
    long turn = turns.getAndIncrement();
    Set<String> distinct = new LinkedHashSet<>();
    for (int round = 0; round < ROUNDS && distinct.size() < count; round++) {
      int first = round * count;
      List<SampleKey> keys =
          IntStream.range(first, first + count)
              .mapToObj(i -> new SampleKey(seed, 0, turn, i))
              .toList();
      List<Sampled> sampled =
          Generator.generate(
                  model,
                  sampling,
                  model.tokenizer().stopIds(),
                  SamplingListener.until(tokens -> unwanted.getAsBoolean()),
                  List.of(new GenerationRequest(prompt, keys)),
                  count)
              .get(0);
      for (Sampled reply : sampled) {
        distinct.add(model.tokenizer().decodeContinuation(reply.ids()));
      }
      if (unwanted.getAsBoolean()) {
        break;
      }
    }
    List<String> replies = new ArrayList<>(distinct);
    if (replies.size() < count && !unwanted.getAsBoolean()) {
      throw new UserException(
          "the model says the same each time, so there is nothing to choose; raise --temperature");
    }
    return replies.subList(0, Math.min(count, replies.size()));
  }

  private void requireRoom(int[] prompt) {
    int positions = model.config().dimensions().positions();
    if (prompt.length == 0) {
      throw new UserException("an empty message can't be replied to; write something");
    }
    if (prompt.length + sampling.maxNewTokens() > positions) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "a dialogue of %,d tokens leaves no room for a reply in the model's %,d positions; begin a new one",
              prompt.length,
              positions));
    }
  }

  @Override
  public void close() {
    letGo("the studio has ended");
  }
}
