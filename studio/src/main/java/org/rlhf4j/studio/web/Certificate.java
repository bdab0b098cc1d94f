package org.rlhf4j.studio.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.FileFault;

/**
 * What the server proves by that it is the one of its name: a chain of certificates, its own first,
 * and its private key, both in PEM.
 *
 * @param chain the certificates' file
 * @param key the key's file
 */
public record Certificate(Path chain, Path key) {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  /** What each kind of key signs with; these kinds are taken. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

  /**
   * What Jetty takes.
   *
   * @throws UsageException if a file can't be read, or isn't what it should be
   */
  SslContextFactory.Server forJetty() {
    char[] nothing = new char[0];
    try {
      PrivateKey own = privateKey();
      java.security.cert.Certificate[] certificates = certificates();
      requirePair(own, certificates[0].getPublicKey());
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, nothing);
      store.setKeyEntry("studio", own, nothing, certificates);
      SslContextFactory.Server factory = new SslContextFactory.Server();
      factory.setKeyStore(store);
      factory.setKeyStorePassword("");
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw new UsageException(
          "%s, %s: can't be used for TLS (%s)".formatted(chain, key, e.getMessage()), e);
    }
  }

  /** What the key signs, the certificate has to verify. */
  private void requirePair(PrivateKey own, PublicKey certified) throws GeneralSecurityException {
    boolean pair = own.getAlgorithm().equals(certified.getAlgorithm());
    if (pair) {
      byte[] text = key.toString().getBytes(StandardCharsets.UTF_8);
      Signature signature = Signature.getInstance(SIGNATURES.get(own.getAlgorithm()));
      signature.initSign(own);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(text);
      pair = signature.verify(signed);
    }
    if (!pair) {
      throw new UsageException(chain + ": isn't the certificate of the key in " + key);
    }
  }

  private java.security.cert.Certificate[] certificates() {
    Collection<? extends java.security.cert.Certificate> found = List.of();
    try {
      found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(read(chain)));
    } catch (CertificateException e) {
      // refused below
    }
    if (found.isEmpty()) {
      throw new UsageException(chain + ": holds no certificates in PEM");
    }
    return found.toArray(java.security.cert.Certificate[]::new);
  }

  private PrivateKey privateKey() {
    Matcher found = KEY.matcher(new String(read(key), StandardCharsets.ISO_8859_1));
    if (found.find()) {
      byte[] bytes = Base64.getMimeDecoder().decode(found.group(1));
      for (String algorithm : SIGNATURES.keySet()) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
        } catch (InvalidKeySpecException e) {
          // it is another algorithm's
        } catch (GeneralSecurityException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    throw new UsageException(
        key
            + ": holds no private key in PKCS#8 without a password; 'openssl pkcs8 -topk8 -nocrypt'"
            + " writes one");
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UsageException(file + ": can't be read (" + FileFault.reason(e) + ")", e);
    }
  }
}
