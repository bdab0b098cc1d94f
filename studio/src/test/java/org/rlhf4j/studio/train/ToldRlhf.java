package org.rlhf4j.studio.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.training.run.RunLock;

/**
 * Stands for {@code rlhf run}: it takes the locks as that does, and then does what a file in its
 * folder tells it: {@code finish}, {@code fail} or {@code die}. Asked to stop, it stops.
 */
public final class ToldRlhf {

  private static final int STEPS = 7;

  private ToldRlhf() {}

  /** Takes {@code run PIPELINE --output FOLDER}. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path folder = Path.of(args[3]);
    Path pipeline = Files.createDirectories(folder.resolve("pipeline"));
    Path run = Files.createDirectories(folder.resolve("reward"));
    try (RunLock ofPipeline = RunLock.take(pipeline);
        RunLock ofRun = RunLock.take(run)) {
      Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":" + STEPS + ",\"loss\":0.5}\n");
      System.out.println("reward: step 7/40 " + ofPipeline.getClass() + ofRun.getClass());
      while (true) {
        if (Files.exists(pipeline.resolve("stop"))) {
          System.out.println("stopped, resume with rlhf run");
          return;
        }
        if (told(folder, "finish")) {
          Path model = Files.createDirectories(run.resolve("model"));
          Files.writeString(model.resolve("config.json"), folder.toString());
          Files.writeString(
              run.resolve("evaluation.json"),
              "{\"pairs\":9,\"accuracy\":0.5,\"accuracy_low\":0.3,\"accuracy_high\":0.7,\"x\":1}");
          Files.writeString(run.resolve("finished"), "7\n");
          return;
        }
        if (told(folder, "fail")) {
          System.out.println("rlhf: labels.jsonl:1:1: something is wrong");
          System.exit(1);
        }
        if (told(folder, "die")) {
          Runtime.getRuntime().halt(137);
        }
        Thread.onSpinWait();
        Thread.yield();
      }
    }
  }

  private static boolean told(Path folder, String what) throws IOException {
    return Files.deleteIfExists(folder.resolve(what));
  }
}
