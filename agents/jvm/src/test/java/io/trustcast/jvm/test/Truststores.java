package io.trustcast.jvm.test;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Map;

/**
 * Writes truststores with the JDK's own PKCS#12 code; passwordless by the two system properties of
 * the lab.
 */
final class Truststores {
  private Truststores() {}

  /**
   * Replaces the file by rename, with a later mtime; answers the SHA-256 and the time right before
   * the rename.
   */
  static String write(Path file, Map<String, Identity> entries) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store(entries).store(out, null);
    if (file.endsWith("truststore.p12")) {
      remember(file, entries, out.toByteArray());
    }
    return replace(file, out.toByteArray());
  }

  /** What the host agent writes beside the truststore before it. */
  private static void remember(Path file, Map<String, Identity> entries, byte[] bytes)
      throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Path history = file.resolveSibling("truststore.history");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String before = Files.exists(file) ? " " + digest(Files.readAllBytes(file)) : "";
    out.write(("trustcast-history/1 none 0 " + digest(bytes) + before).getBytes());
    out.write('\n');
    if (Files.exists(history)) {
      byte[] known = Files.readAllBytes(history);
      out.write(known, firstLine(known), known.length - firstLine(known));
    }
    for (Identity identity : entries.values()) {
      out.write(sha256.digest(identity.certificate().getEncoded()));
    }
    replace(history, out.toByteArray());
  }

  private static String digest(byte[] bytes) throws Exception {
    return String.format(
        "%064x", new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  private static int firstLine(byte[] bytes) {
    int end = 0;
    while (bytes[end++] != '\n') {}
    return end;
  }

  static String replace(Path file, byte[] bytes) throws Exception {
    Path temporary = prepare(file, bytes);
    StringBuilder sha256 = new StringBuilder();
    for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
      sha256.append(String.format("%02x", b));
    }
    long nowMs = System.currentTimeMillis();
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return sha256 + " " + nowMs;
  }

  /** Writes what is to replace the file beside it. */
  static Path prepare(Path file, byte[] bytes) throws Exception {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.write(temporary, bytes);
    long previousMs = Files.exists(file) ? Files.getLastModifiedTime(file).toMillis() : 0;
    Files.setLastModifiedTime(
        temporary, FileTime.fromMillis(Math.max(System.currentTimeMillis(), previousMs + 1)));
    return temporary;
  }

  static void writeEncrypted(Path file, Map<String, Identity> entries) throws Exception {
    String[] names = {"keystore.pkcs12.certProtectionAlgorithm", "keystore.pkcs12.macAlgorithm"};
    String[] before = {System.clearProperty(names[0]), System.clearProperty(names[1])};
    try (OutputStream out = Files.newOutputStream(file)) {
      store(entries).store(out, "secret".toCharArray());
    } finally {
      System.setProperty(names[0], before[0]);
      System.setProperty(names[1], before[1]);
    }
  }

  static KeyStore store(Map<String, Identity> entries) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (Map.Entry<String, Identity> entry : entries.entrySet()) {
      store.setCertificateEntry(entry.getKey(), entry.getValue().certificate());
    }
    return store;
  }
}
