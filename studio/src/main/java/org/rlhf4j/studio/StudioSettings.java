package org.rlhf4j.studio;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.train.TrainingSettings;
import org.rlhf4j.studio.web.Certificate;
import org.rlhf4j.studio.web.StudioServer;

/**
 * What {@code rlhf studio} takes.
 *
 * @param data the store: a folder, or an address of PostgreSQL
 * @param annotator under whose name verdicts are kept
 * @param runs the folder whose runs are watched
 * @param model the model to talk with, or null
 * @param rewardModel reward models that labels may be held against, made elsewhere
 * @param messageForm what a message is written as for a model without a chat template
 * @param maxNewTokens the most tokens of a reply, EOS included
 * @param temperature what logits are divided by when replies are drawn
 * @param port the port that it listens on; 0 takes a free one
 * @param host the address that it listens on
 * @param publicUrl the address under which browsers know it, or null
 * @param tlsCertificate certificates to speak TLS with, or null
 * @param tlsKey the private key of the first of them, or null
 * @param behindProxy whether a proxy in front speaks TLS
 * @param training what a training that begins on the page takes
 * @param machine device, threads and seed
 */
public record StudioSettings(
    @Setting(
            help = "The store of labels: a folder, or jdbc:postgresql://… for a team.",
            defaultValue = "studio")
        String data,
    @Setting(
            help = "Name under which verdicts are kept if there are no accounts.",
            defaultValue = "local")
        String annotator,
    @Setting(help = "Folder whose runs are watched.", defaultValue = "runs") Path runs,
    @Setting(help = "Model to talk with: a model folder, a run or a hub id.", model = true)
        Path model,
    @Setting(
            help =
                "Reward model to hold labels against: a model folder, a run or a hub id. Those that"
                    + " are trained on the page are there anyway.",
            model = true)
        List<Path> rewardModel,
    @Setting(
            help =
                "What a message is written as for a model without a chat template. {} stands for the"
                    + " message.",
            defaultValue = "{}",
            group = "Talk")
        String messageForm,
    @Setting(help = "Most tokens of a reply, EOS included.", defaultValue = "128", group = "Talk")
        int maxNewTokens,
    @Setting(
            help = "Temperature of the replies: logits are divided by it.",
            defaultValue = "1.0",
            group = "Talk")
        double temperature,
    @Setting(help = "Port to listen on. 0 takes a free one.", defaultValue = "8420") int port,
    @Setting(
            help =
                "Address to listen on. One that others reach needs accounts, and TLS or --behind-proxy.",
            defaultValue = "127.0.0.1")
        String host,
    @Setting(
            help =
                "Address by which browsers know the studio, such as https://studio.example.org. It"
                    + " needs accounts.")
        String publicUrl,
    @Setting(help = "Certificates to speak TLS with, in PEM, the studio's own first.")
        Path tlsCertificate,
    @Setting(help = "Private key of --tls-certificate, in PEM (PKCS#8) without a password.")
        Path tlsKey,
    @Setting(
            help = "A proxy in front speaks TLS; --public-url is its https address.",
            defaultValue = "false")
        boolean behindProxy,
    TrainingSettings training,
    MachineSettings machine) {

  /** Checks the port and the address. */
  public StudioSettings {
    Limits.between("port", 0, 65_535, port);
    Optional<URI> known = url(publicUrl);
    Limits.require(
        (tlsCertificate == null) == (tlsKey == null),
        "tls-certificate",
        "and --tls-key need each other");
    Limits.require(
        !behindProxy || known.filter(url -> "https".equals(url.getScheme())).isPresent(),
        "behind-proxy",
        "needs --public-url with the proxy's https address");
    requireProtected(host, known, tlsCertificate != null || behindProxy);
    Limits.require(
        !annotator.isBlank() && annotator.length() <= 64,
        "annotator",
        "must have 1 to 64 characters");
    rewardModel = List.copyOf(rewardModel);
    Limits.positive("max-new-tokens", maxNewTokens);
    Limits.positive("temperature", temperature);
    Limits.require(
        messageForm.contains(Replies.MESSAGE),
        "message-form",
        "must have {} in it, for the message");
  }

  /** Passwords and sessions don't go over a network in the clear. */
  private static void requireProtected(String host, Optional<URI> known, boolean encrypted) {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new UsageException("host: '" + host + "' isn't known; leave --host out", e);
    }
    if (!address.isLoopbackAddress() && !encrypted) {
      throw new UsageException(
          "host: '"
              + host
              + "' would send passwords in the clear; give --tls-certificate and --tls-key, or"
              + " --behind-proxy; or leave --host out, and come by 'ssh -L"
              + " 8420:127.0.0.1:8420'");
    }
    if (address.isAnyLocalAddress() && known.isEmpty()) {
      throw new UsageException(
          "host: '" + host + "' is no name to come by; give --public-url with the one that is");
    }
  }

  /** Where the server listens. */
  StudioServer.Listening listening() {
    return new StudioServer.Listening(
        host,
        port,
        url(publicUrl),
        Optional.ofNullable(tlsCertificate).map(chain -> new Certificate(chain, tlsKey)));
  }

  private static Optional<URI> url(String text) {
    if (text == null) {
      return Optional.empty();
    }
    try {
      URI url = new URI(text);
      if (url.getHost() != null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
        return Optional.of(url);
      }
    } catch (URISyntaxException e) {
      // refused below
    }
    throw new UsageException(
        "public-url: '" + text + "' isn't an address; give one as https://studio.example.org");
  }
}
