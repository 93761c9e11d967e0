package io.trustcast.jvm.impl;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.MessageDigest;
import java.security.NoSuchProviderException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the PKCS#12 truststore. */
final class TruststoreFile {
  private static final int MAX_BYTES = 64 << 20;
  private static final int ATTEMPTS = 5;

  /** What was read, and the stamp of the file it was read from. */
  static final class Content {
    final FileStamp stamp;
    final byte[] bytes;

    Content(FileStamp stamp, byte[] bytes) {
      this.stamp = stamp;
      this.bytes = bytes;
    }
  }

  private TruststoreFile() {}

  /**
   * Reads one consistent version.
   *
   * @throws LoadFailure when the path holds no readable regular file
   * @throws IOException when reading failed for a reason that may pass
   */
  static Content read(Path path) throws LoadFailure, IOException {
    for (int attempt = 0; ; attempt++) {
      FileStamp before = FileStamp.of(path);
      check(before);
      byte[] bytes = new byte[(int) before.size];
      // no channel: one would end with an interrupt, and keep a direct buffer of this size per thread
      try (InputStream in = new FileInputStream(path.toFile())) {
        in.readNBytes(bytes, 0, bytes.length);
      }
      if (before.equals(FileStamp.of(path))) {
        return new Content(before, bytes);
      }
      if (attempt == ATTEMPTS) {
        throw new IOException("the file changes while it is read");
      }
    }
  }

  private static void check(FileStamp stamp) throws LoadFailure {
    if (stamp == FileStamp.MISSING) {
      throw new LoadFailure("FILE_MISSING", null);
    }
    if (!stamp.isRegular()) {
      throw new LoadFailure("NOT_A_FILE", null); // opening a FIFO would block a handshake
    }
    if (stamp.size == 0) {
      throw new LoadFailure("FILE_EMPTY", null);
    }
    if (stamp.size > MAX_BYTES) {
      throw new LoadFailure("FILE_TOO_LARGE", stamp.size + " bytes");
    }
  }

  /** Parses a file; the fast reader knows the certificates of the previous one. */
  static TrustSet parse(byte[] bytes, PlainPkcs12 fast) throws LoadFailure {
    try {
      Map<String, X509Certificate> entries = fast.read(bytes);
      return new TrustSet(sha256(bytes), entries == null ? load(bytes) : entries, System.currentTimeMillis());
    } catch (IOException | GeneralSecurityException | RuntimeException failure) {
      throw new LoadFailure("FILE_CORRUPT", failure.toString());
    }
  }

  private static Map<String, X509Certificate> load(byte[] bytes) throws IOException, GeneralSecurityException {
    KeyStore store = pkcs12();
    store.load(new ByteArrayInputStream(bytes), null);
    List<String> aliases = new ArrayList<>(Collections.list(store.aliases()));
    Collections.sort(aliases);
    Map<String, X509Certificate> entries = new LinkedHashMap<>();
    for (String alias : aliases) {
      Certificate cert = store.isCertificateEntry(alias) ? store.getCertificate(alias) : null;
      if (cert instanceof X509Certificate) {
        entries.put(alias, (X509Certificate) cert);
      }
    }
    return entries;
  }

  /** The JDK's own keystore: another provider, put first by the application, may read the file in another way. */
  private static KeyStore pkcs12() throws KeyStoreException {
    try {
      return KeyStore.getInstance("PKCS12", "SUN");
    } catch (NoSuchProviderException | KeyStoreException absent) {
      return KeyStore.getInstance("PKCS12");
    }
  }

  private static String sha256(byte[] bytes) throws GeneralSecurityException {
    StringBuilder hex = new StringBuilder(64);
    for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
      hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return hex.toString();
  }
}
