package org.rlhf4j.rollout.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * Servers that sample instead of this process.
 *
 * @param rolloutServer their addresses; empty: this process samples
 * @param rolloutAdapters where adapters are handed over, or null without servers
 * @param rolloutLag steps that the sampling policy is behind: 0 or 1
 * @param serverRequests completions that a server is asked for at once
 * @param serverTimeout seconds that an answer may take
 */
@SettingsGroup("Rollout servers")
public record RolloutServerSettings(
    @Setting(
            help =
                "vLLM or SGLang servers that sample the completions instead of this process, such"
                    + " as http://host:8000. They serve the base model, and get each step's"
                    + " adapter. SGLang's get all weights if there is none.",
            defaultText = "none",
            resumable = true)
        List<String> rolloutServer,
    @Setting(
            help =
                "Folder that the rollout servers see under the same path. Each step's adapter is"
                    + " handed over in it, or all weights.",
            defaultText = "none",
            resumable = true)
        Path rolloutAdapters,
    @Setting(
            help =
                "1: the servers sample the next step's completions while this one is learnt, so"
                    + " they are one update behind.",
            defaultValue = "0")
        int rolloutLag,
    @Setting(
            help = "Completions that each rollout server is asked for at once.",
            defaultValue = "64",
            resumable = true)
        int serverRequests,
    @Setting(
            help = "Seconds that a rollout server may take for a completion.",
            defaultValue = "600",
            resumable = true)
        double serverTimeout) {

  /** Checks the addresses and ranges. */
  public RolloutServerSettings {
    rolloutServer =
        rolloutServer.stream().flatMap(text -> Arrays.stream(text.split(",", -1))).toList();
    List<ServerAddress> addresses = rolloutServer.stream().map(ServerAddress::parse).toList();
    Limits.require(
        addresses.stream().distinct().count() == addresses.size(),
        "rollout-server",
        "must name each server once");
    boolean asked = !rolloutServer.isEmpty();
    Limits.require(asked || rolloutAdapters == null, "rollout-adapters", "is for --rollout-server");
    Limits.require(asked || rolloutLag == 0, "rollout-lag", "is for --rollout-server");
    Limits.require(
        !asked || rolloutAdapters != null,
        "rollout-adapters",
        "must name a folder that the servers see too: adapters are handed over in it");
    Limits.between("rollout-lag", 0, 1, rolloutLag);
    Limits.positive("server-requests", serverRequests);
    Limits.positive("server-timeout", serverTimeout);
  }

  /** Whether servers sample. */
  public boolean isAsked() {
    return !rolloutServer.isEmpty();
  }

  /** Where the servers are. */
  List<ServerAddress> addresses() {
    return rolloutServer.stream().map(ServerAddress::parse).toList();
  }

  /** How long an answer may take. */
  Duration patience() {
    return Duration.ofMillis(Math.max(1, Math.round(1000 * serverTimeout)));
  }
}
