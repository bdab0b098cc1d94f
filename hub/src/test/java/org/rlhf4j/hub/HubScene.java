package org.rlhf4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/** A fake hub, a cache, and what was waited for and told. Nothing waits. */
final class HubScene implements AutoCloseable {

  static final String ID = "org/small-model";
  static final HubRepo MODEL = HubRepo.model(ID).orElseThrow();

  final FakeHub hub = new FakeHub(ID);
  final Path cache;
  final List<Long> waits = new CopyOnWriteArrayList<>();
  final List<String> notes = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  final AtomicLong received = new AtomicLong();
  final List<String> begun = new CopyOnWriteArrayList<>();
  Duration patience = Duration.ofMinutes(1);
  String token;
  boolean offline;
  boolean symlinks = true;

  HubScene(Path cache) {
    this.cache = cache;
  }

  /** A model as small as can be, with a file that isn't needed. */
  HubScene withModel() {
    hub.file("config.json", "{\"architectures\": [\"GPT2LMHeadModel\"]}")
        .file("tokenizer.json", "{\"version\": \"1.0\"}")
        .file("tokenizer_config.json", "{}")
        .file("model.safetensors", bytes(300_000))
        .file("README.md", "a model")
        .file("onnx/model.onnx", bytes(99));
    return this;
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  Hub open() {
    return open(hub.address());
  }

  Hub open(URI address) {
    HubEnvironment environment =
        new HubEnvironment(address, cache, Optional.ofNullable(token), offline, symlinks);
    return new Hub(environment, new Listener(), time -> waits.add(time.toSeconds()), patience);
  }

  private final class Listener implements TransferProgress {
    @Override
    public void begin(String what, int files, long bytes) {
      begun.add(String.format(Locale.ROOT, "%s: %d files, %d bytes", what, files, bytes));
      received.set(0);
    }

    @Override
    public void received(long bytes) {
      received.addAndGet(bytes);
    }

    @Override
    public void note(String line) {
      notes.add(line);
      told.add(line);
    }

    @Override
    public void end() {}
  }

  /** Waits until something is told. */
  void awaitNote(String line) throws InterruptedException {
    String next = told.take();
    while (!next.equals(line)) {
      next = told.take();
    }
  }

  Path repo() {
    return cache.resolve("models--org--small-model");
  }

  @Override
  public void close() {
    hub.close();
  }
}
