package org.rlhf4j.training.slice;

import java.io.IOException;
import java.util.Map;
import org.rlhf4j.settings.SettingsYaml;

/**
 * What a stage's worker is made from in another process.
 *
 * @param maker of the stage
 * @param config the run's settings as its {@code config.yaml} has them, with whole paths
 * @param probe what the trainer computes
 * @param threads CPU threads of a slice
 */
record StageSource<C extends Record, W extends PassWorker<?>>(
    WorkerMaker<C, W> maker, String config, Probe probe, int threads) implements WorkerSource<W> {

  @Override
  public W open() throws IOException {
    W worker =
        maker.open(
            maker
                .stage()
                .settings()
                .bind(SettingsYaml.parse(config, "the trainer's settings"), Map.of()));
    try {
      probe.requireSame(worker.probe());
      return worker;
    } catch (RuntimeException | Error e) {
      worker.close();
      throw e;
    }
  }
}
