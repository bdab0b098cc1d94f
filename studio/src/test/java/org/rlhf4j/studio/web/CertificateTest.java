package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;

/** The studio with a certificate of its own. */
class CertificateTest {

  @TempDir static Path folder;

  @BeforeAll
  static void make() throws Exception {
    for (String algorithm : new String[] {"RSA", "EC"}) {
      Path store = folder.resolve(algorithm + ".p12");
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-keyalg",
                  algorithm,
                  "-alias",
                  "studio",
                  "-dname",
                  "CN=localhost",
                  "-ext",
                  "SAN=dns:localhost,ip:127.0.0.1",
                  "-validity",
                  "2",
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  "changeit",
                  "-keystore",
                  store.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(keytool.waitFor()).isZero();
      KeyStore keys = load(store);
      write(algorithm + ".crt", "CERTIFICATE", keys.getCertificate("studio").getEncoded());
      write(
          algorithm + ".key",
          "PRIVATE KEY",
          keys.getKey("studio", "changeit".toCharArray()).getEncoded());
    }
  }

  private static KeyStore load(Path file) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, "changeit".toCharArray());
    }
    return keys;
  }

  private static void write(String name, String title, byte[] bytes) throws IOException {
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(title, Base64.getMimeEncoder().encodeToString(bytes), title));
  }

  private static Certificate certificate(String chain, String key) {
    return new Certificate(folder.resolve(chain), folder.resolve(key));
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void theStudioSpeaksTls(String algorithm) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "studio", load(folder.resolve(algorithm + ".p12")).getCertificate("studio"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
    Labels labels = Labelled.in(folder.resolve("store " + algorithm));
    Certificate own = certificate(algorithm + ".crt", algorithm + ".key");
    try (StudioServer server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty(), Optional.of(own)),
            new WatchedRuns(folder),
            labels,
            Optional.empty())) {
      assertThat(server.address().getScheme()).isEqualTo("https");
      HttpRequest ask = HttpRequest.newBuilder(server.address().resolve("/api/state")).build();
      assertThat(client.send(ask, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
      assertThat(login(client, server.address(), labels))
          .contains("__Host-studio-", "Secure", "HttpOnly", "SameSite=Strict", "Path=/");
    }
    labels.store().close();
  }

  private static String login(HttpClient client, URI studio, Labels labels) throws Exception {
    new Team(studio, labels);
    HttpRequest ask = HttpRequest.newBuilder(studio.resolve("/api/state")).build();
    String token =
        client
            .send(ask, HttpResponse.BodyHandlers.ofString())
            .body()
            .replaceAll("(?s).*\"token\":\"([0-9a-f]+)\".*", "$1");
    HttpRequest login =
        HttpRequest.newBuilder(studio.resolve("/api/session"))
            .header(Guard.TOKEN, token)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"name\":\"root\",\"password\":\"%s\"}".formatted(Team.PASSWORD)))
            .build();
    return client
        .send(login, HttpResponse.BodyHandlers.ofString())
        .headers()
        .firstValue("Set-Cookie")
        .orElseThrow();
  }

  @Test
  void filesThatAreNoneAreOneLine() throws IOException {
    Files.writeString(folder.resolve("none"), "hello");
    assertThatThrownBy(() -> certificate("none", "EC.key").forJetty())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("none: holds no certificates in PEM");
    assertThatThrownBy(() -> certificate("EC.crt", "none").forJetty())
        .hasMessageContaining("none: holds no private key in PKCS#8 without a password");
    assertThatThrownBy(() -> certificate("EC.crt", "missing").forJetty())
        .hasMessageContaining("missing: can't be read");
    assertThatThrownBy(() -> certificate("EC.crt", "RSA.key").forJetty())
        .hasMessageContaining("isn't the certificate of the key in");
  }
}
