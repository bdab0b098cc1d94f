package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.settings.UserException;

/**
 * Samples completions in batches. Each prompt is run once, its keys and values are copied to the
 * rows of its completions; rows that have ended leave the batch, and waiting prompts take their
 * place.
 *
 * <ol>
 *   <li>Admit waiting prompts while there is room, and draw their first tokens.
 *   <li>Decode several steps in one call of the script, until enough rows have ended.
 *   <li>Take out the rows that ended or are full; move the last rows into the gaps.
 * </ol>
 */
public final class Generator implements AutoCloseable {
  private static final int STEPS = 32;

  /** Prompts' tokens in one pass, unless a prompt alone is longer: more are no faster a token. */
  private static final int PROMPT_TOKENS = 4096;

  private final LanguageModel model;
  private final SamplingSettings settings;
  private final Placement placement;
  private final NDManager scope;
  private final int[] stopIds;
  private final SamplingListener listener;
  private final NDArray stops;
  private final NDArray settingsArray;
  private final NDList keys = new NDList();
  private final NDList values = new NDList();
  private final int capacity;
  private final List<GenerationRow> active = new ArrayList<>();
  private final PackedWeights packedWeights;

  private Generator(
      LanguageModel model,
      SamplingSettings settings,
      int[] stopIds,
      SamplingListener listener,
      int rows,
      int slots) {
    this.model = model;
    this.listener = listener;
    this.settings = settings;
    this.capacity = rows;
    this.placement = model.weights().placement();
    this.scope = model.weights().manager().newSubManager();
    this.stopIds = stopIds;
    this.stops = scope.create(Arrays.stream(stopIds).asLongStream().toArray());
    this.settingsArray =
        scope.create(new double[] {settings.temperature(), settings.topK(), settings.topP()});
    this.packedWeights = new PackedWeights(model);
    Dimensions d = model.config().dimensions();
    for (int layer = 0; layer < d.layers(); layer++) {
      keys.add(cache("k[]", rows, slots));
      values.add(cache("v[]", rows, slots));
    }
  }

  private NDArray cache(String name, int rows, int slots) {
    Dimensions d = model.config().dimensions();
    NDArray cache =
        placement.zeros(scope, model.precision(), rows, d.kvHeads(), slots, d.headSize());
    cache.setName(name);
    return cache;
  }

  /**
   * Samples.
   *
   * @param model the language model
   * @param settings how to draw
   * @param stopIds the ids that end a completion
   * @param requests prompts, each shorter than the model's positions
   * @param maxRows the most completions in work at a time
   * @return for each request its completions, in the order of its keys
   */
  public static List<List<Sampled>> generate(
      LanguageModel model,
      SamplingSettings settings,
      int[] stopIds,
      List<GenerationRequest> requests,
      int maxRows) {
    return generate(model, settings, stopIds, SamplingListener.NONE, requests, maxRows);
  }

  /**
   * Samples, followed by a listener.
   *
   * @param model the language model
   * @param settings how to draw
   * @param stopIds the ids that end a completion
   * @param listener may end completions otherwise than by an id, and takes them as they end
   * @param requests prompts, each shorter than the model's positions
   * @param maxRows the most completions in work at a time
   * @return for each request its completions, in the order of its keys
   */
  public static List<List<Sampled>> generate(
      LanguageModel model,
      SamplingSettings settings,
      int[] stopIds,
      SamplingListener listener,
      List<GenerationRequest> requests,
      int maxRows) {
    int slots = 0;
    int copies = 0;
    int total = 0;
    for (GenerationRequest request : requests) {
      slots = Math.max(slots, request.prompt().length + newTokens(model, settings, request));
      copies = Math.max(copies, request.keys().size());
      total += request.keys().size();
    }
    int rows = Math.min(total, Math.max(copies, maxRows));
    try (Profile.Span span = Profile.span(Profile.Work.SAMPLING);
        Generator generator = new Generator(model, settings, stopIds, listener, rows, slots)) {
      return generator.run(requests);
    }
  }

  /**
   * What copies of the weights sampling may take beside them: long rollouts multiply with packed
   * ones.
   *
   * @param model samples
   * @param steps how many tokens a row draws at most, one completion after the other
   * @return bytes
   */
  public static long packedWeightBytes(LanguageModel model, long steps) {
    return PackedWeights.bytes(model, steps);
  }

  private static int newTokens(
      LanguageModel model, SamplingSettings settings, GenerationRequest request) {
    int room = model.config().dimensions().positions() - request.prompt().length;
    if (room < 1 || request.prompt().length == 0) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "a prompt of %d tokens can't be continued by a model of %d positions; it needs at least 1 token and room for one more",
              request.prompt().length,
              model.config().dimensions().positions()));
    }
    return Math.min(settings.maxNewTokens(), room);
  }

  private List<List<Sampled>> run(List<GenerationRequest> requests) {
    List<List<GenerationRow>> rows = new ArrayList<>();
    for (GenerationRequest request : requests) {
      int requestIndex = rows.size();
      int limit = newTokens(model, settings, request);
      rows.add(
          IntStream.range(0, request.keys().size())
              .mapToObj(number -> new GenerationRow(request, requestIndex, number, limit))
              .toList());
    }
    // Long prompts first: the last rows to finish are then the cheap ones.
    List<List<GenerationRow>> waiting = new ArrayList<>(rows);
    waiting.removeIf(List::isEmpty);
    waiting.sort(
        Comparator.comparingInt((List<GenerationRow> row) -> row.get(0).prompt().length)
            .reversed());
    while (!waiting.isEmpty() || !active.isEmpty()) {
      boolean admitted = true;
      while (admitted) {
        admitted = admit(waiting);
      }
      if (!active.isEmpty()) {
        decode(!waiting.isEmpty());
        retire();
      }
    }
    return rows.stream().map(group -> group.stream().map(GenerationRow::sampled).toList()).toList();
  }

  /**
   * Runs waiting prompts that fit in free rows, and draws their completions' first tokens.
   *
   * @return whether there were any
   */
  private boolean admit(List<List<GenerationRow>> waiting) {
    int first = active.size();
    List<List<GenerationRow>> admitted = new ArrayList<>();
    int tokens = 0;
    while (!waiting.isEmpty()
        && active.size() + waiting.get(0).size() <= capacity
        && (tokens == 0 || tokens + promptLength(waiting.get(0)) <= PROMPT_TOKENS)) {
      tokens += promptLength(waiting.get(0));
      admitted.add(waiting.remove(0));
      active.addAll(admitted.get(admitted.size() - 1));
    }
    if (admitted.isEmpty()) {
      return false;
    }
    PackedTokens prompts =
        PackedTokens.of(
            admitted.stream()
                .map(group -> new TokenTree(new int[0], List.of(group.get(0).prompt())))
                .toList());
    long[] copies = admitted.stream().mapToLong(List::size).toArray();
    try (NDManager step = scope.newSubManager()) {
      NDList in = new NDList(step.create(prompts.ids()));
      in.addAll(model.weights().computed());
      in.addAll(keys);
      in.addAll(values);
      in.add(step.create(prompts.positions()));
      in.add(step.create(prompts.sizes()));
      in.add(step.create(copies));
      in.add(step.create((long) first));
      NDList draw = new NDList(model.network().run("prefill", in, false).get(0));
      draw.addAll(model.weights().computed());
      draw.add(step.create(copies));
      draw.add(uniforms(step, first, 1).reshape(-1));
      draw.add(settingsArray);
      take(first, model.network().run("first_tokens", draw, false));
    }
    retire();
    return true;
  }

  private static int promptLength(List<GenerationRow> group) {
    return group.get(0).prompt().length;
  }

  /** Decodes all active rows for several steps. */
  private void decode(boolean others) {
    int steps = STEPS;
    for (GenerationRow row : active) {
      steps = Math.min(steps, row.remaining());
    }
    packedWeights.before(active.size(), ahead(others));
    int enough = Math.max(1, active.size() / (others ? 16 : 8));
    try (NDManager step = scope.newSubManager()) {
      NDList in = new NDList(step.create(active.stream().mapToLong(GenerationRow::last).toArray()));
      in.addAll(model.weights().computed());
      in.addAll(keys);
      in.addAll(values);
      in.add(step.create(active.stream().mapToLong(GenerationRow::cached).toArray()));
      in.add(uniforms(step, 0, steps));
      in.add(stops);
      in.add(step.create((long) enough));
      in.add(settingsArray);
      packedWeights.after(active.size(), take(0, model.network().run("decode", in, false)));
    }
  }

  /** The most steps that the rows in work can take; without bound where others wait. */
  private int ahead(boolean others) {
    return others
        ? Integer.MAX_VALUE
        : active.stream().mapToInt(GenerationRow::remaining).max().orElse(0);
  }

  /** Uniform numbers [rows, steps] for the next tokens of the rows from {@code first} on. */
  private NDArray uniforms(NDManager step, int first, int steps) {
    int rows = active.size() - first;
    float[] uniforms = new float[rows * steps];
    for (int i = 0; i < rows; i++) {
      for (int s = 0; s < steps; s++) {
        uniforms[i * steps + s] = active.get(first + i).uniform(s);
      }
    }
    return step.create(uniforms, new ai.djl.ndarray.types.Shape(rows, steps));
  }

  /**
   * Appends drawn tokens to the rows from {@code first} on, each up to its stop id.
   *
   * @return how many were drawn for each row
   */
  private int take(int first, NDList drawn) {
    long[] ids = placement.longs(drawn.get(0));
    float[] logprobs = placement.floats(drawn.get(1));
    int rows = active.size() - first;
    int steps = ids.length / rows;
    for (int i = 0; i < rows; i++) {
      GenerationRow row = active.get(first + i);
      for (int s = 0; s < steps && !row.finished(); s++) {
        int id = (int) ids[i * steps + s];
        row.append(id, logprobs[i * steps + s], isStop(id));
      }
      if (!row.finished() && listener.enough(row.ids())) {
        row.leave();
      }
      if (row.finished()) {
        listener.finished(row.requestIndex(), row.number(), row.sampled());
      }
    }
    return steps;
  }

  private boolean isStop(int id) {
    return Arrays.stream(stopIds).anyMatch(stop -> stop == id);
  }

  /** Takes finished rows out: the last unfinished rows move into their places. */
  private void retire() {
    List<Long> sources = new ArrayList<>();
    List<Long> targets = new ArrayList<>();
    int used = 1;
    for (int i = 0; i < active.size(); i++) {
      if (!active.get(i).finished()) {
        continue;
      }
      while (active.size() > i && active.get(active.size() - 1).finished()) {
        active.remove(active.size() - 1);
      }
      if (active.size() > i) {
        sources.add(active.size() - 1L);
        targets.add((long) i);
        active.set(i, active.remove(active.size() - 1));
        used = Math.max(used, active.get(i).cached());
      }
    }
    if (!sources.isEmpty()) {
      try (NDManager step = scope.newSubManager()) {
        NDList in = new NDList(step.create(longs(sources)));
        in.addAll(keys);
        in.addAll(values);
        in.add(step.create(longs(targets)));
        in.add(step.create((long) used));
        model.network().run("move", in, false);
      }
    }
  }

  private static long[] longs(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void close() {
    packedWeights.close();
    scope.close();
  }
}
