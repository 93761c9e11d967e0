package io.trustcast.jvm.test;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/** A key with its certificate for localhost, self-signed or issued. */
final class Identity {
  private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime());

  final KeyPair keys;
  final List<X509Certificate> chain = new ArrayList<>();

  private Identity(KeyPair keys) {
    this.keys = keys;
  }

  X509Certificate certificate() {
    return chain.get(0);
  }

  /** A certificate whose key nobody here has. */
  static Identity of(byte[] der) throws Exception {
    Identity read = new Identity(null);
    read.chain.add(
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der)));
    return read;
  }

  static Identity make(String name, boolean isAuthority, Identity issuer) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return make(name, isAuthority, issuer, generator.generateKeyPair());
  }

  /** An authority as most are: RSA with 2048 bits. */
  static Identity rsaAuthority(String name) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    return make(name, true, null, generator.generateKeyPair());
  }

  /** The same name and key in a new certificate. */
  Identity renewed(String name) throws Exception {
    return make(name, certificate().getBasicConstraints() >= 0, null, keys);
  }

  private static Identity make(String name, boolean isAuthority, Identity issuer, KeyPair keys)
      throws Exception {
    Identity made = new Identity(keys);
    KeyPair signer = issuer == null ? keys : issuer.keys;
    byte[] subject = name(name);
    byte[] issuerName =
        issuer == null ? subject : issuer.certificate().getSubjectX500Principal().getEncoded();
    boolean rsa = signer.getPrivate().getAlgorithm().equals("RSA");
    byte[] algorithm =
        rsa
            ? Der.sequence(Der.oid("1.2.840.113549.1.1.11"), new byte[] {5, 0})
            : Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
    byte[] constraints = Der.sequence(isAuthority ? Der.tagged(1, new byte[] {-1}) : new byte[0]);
    byte[] names =
        Der.sequence(
            Der.tagged(0x82, "localhost".getBytes()), Der.tagged(0x87, new byte[] {127, 0, 0, 1}));
    byte[] extensions =
        Der.sequence(
            Der.sequence(
                Der.oid("2.5.29.19"), Der.tagged(1, new byte[] {-1}), Der.octets(constraints)),
            Der.sequence(Der.oid("2.5.29.17"), Der.octets(names)));
    byte[] body =
        Der.sequence(
            Der.tagged(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(BigInteger.valueOf(SERIAL.incrementAndGet())),
            algorithm,
            issuerName,
            Der.sequence(Der.time("200101000000Z"), Der.time("491231235959Z")),
            subject,
            keys.getPublic().getEncoded(),
            Der.tagged(0xa3, extensions));
    Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
    signature.initSign(signer.getPrivate());
    signature.update(body);
    byte[] encoded = Der.sequence(body, algorithm, Der.bits(signature.sign()));
    made.chain.add(
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(encoded)));
    if (issuer != null) {
      made.chain.addAll(issuer.chain);
    }
    return made;
  }

  private static byte[] name(String commonName) {
    return Der.sequence(Der.tagged(0x31, Der.sequence(Der.oid("2.5.4.3"), Der.utf8(commonName))));
  }

  /** The certificates; no key. */
  void writePem(Path file) throws Exception {
    StringBuilder pem = new StringBuilder();
    for (X509Certificate certificate : chain) {
      pem.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(file, pem);
  }

  static String pem(String label, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }

  KeyManager[] keyManagers() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "key", keys.getPrivate(), new char[] {'x'}, chain.toArray(new X509Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[] {'x'});
    return factory.getKeyManagers();
  }

  @Override
  public String toString() {
    try {
      return certificate().getSubjectX500Principal()
          + " "
          + certificate().getEncoded().length
          + " bytes";
    } catch (GeneralSecurityException unencodable) {
      return unencodable.toString();
    }
  }
}
