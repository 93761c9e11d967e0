package io.trustcast.jvm.impl.truststore;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.MessageDigest;
import java.security.NoSuchProviderException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the PKCS#12 truststore. */
final class TruststoreFile {
  private static final int MAX_BYTES = 64 << 20;
  private static final int ATTEMPTS = 5;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int UNCOUNTED_BYTES = 1 << 18;
  private static final int USUAL_BYTES = 1 << 10;

  /** What was read, and the stamp of the file it was read from. */
  static final class Content {
    final FileStamp stamp;
    final TrustSet set;

    Content(FileStamp stamp, TrustSet set) {
      this.stamp = stamp;
      this.set = set;
    }
  }

  private TruststoreFile() {}

  /**
   * Reads one consistent version, entry by entry; the fast reader knows the certificates of the
   * previous one.
   *
   * @throws LoadFailure when the path holds no usable regular file, or the heap cannot hold what is
   *     in it
   * @throws IOException when reading failed for a reason that may pass
   */
  static Content read(Path path, PlainPkcs12 fast) throws LoadFailure, IOException {
    for (int attempt = 0; ; attempt++) {
      FileStamp before = FileStamp.of(path);
      check(before);
      LoadFailure failure = null;
      TrustSet set = null;
      try {
        Heap.require(before, count(path, before.size, fast));
        set = parse(path, before.size, fast);
      } catch (LoadFailure unusable) {
        failure = unusable;
      } catch (GeneralSecurityException | RuntimeException | EOFException corrupt) {
        failure = new LoadFailure("FILE_CORRUPT", corrupt.toString());
      }
      if (before.equals(FileStamp.of(path))) {
        if (failure != null) {
          throw failure;
        }
        return new Content(before, set);
      }
      if (attempt == ATTEMPTS) {
        throw new IOException("the file changes while it is read");
      }
    }
  }

  /**
   * What of this set a file no longer has that cannot be loaded as a whole; null where that is not
   * known, because it has another form than the host agent's, or another marker.
   */
  static Set<X509Certificate> gone(Path path, TrustSet set) throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      Map<Sha256, X509Certificate> known = new HashMap<>();
      Set<X509Certificate> gone = new HashSet<>(set.managedCerts);
      gone.addAll(set.baseCerts);
      gone.add(set.marker);
      for (X509Certificate cert : gone) {
        byte[] der = cert.getEncoded();
        known.put(Sha256.of(sha256, der, der.length), cert);
      }
      FileStamp before = FileStamp.of(path);
      Set<X509Certificate> kept;
      try (InputStream in = open(path)) {
        kept = PlainPkcs12.among(known, in, before.size);
      }
      if (kept == null || !kept.contains(set.marker) || !before.equals(FileStamp.of(path))) {
        return null;
      }
      gone.removeAll(kept);
      return gone;
    } catch (GeneralSecurityException | EOFException corrupt) {
      return null;
    }
  }

  /** What is new in a file; of one in another form, as if all were. Small files are not counted. */
  private static PlainPkcs12.Count count(Path path, long size, PlainPkcs12 fast)
      throws IOException, GeneralSecurityException {
    if (size > UNCOUNTED_BYTES) {
      try (InputStream in = open(path)) {
        return fast.count(in, size);
      } catch (OtherForm | IndexOutOfBoundsException other) {
        // below
      }
    }
    PlainPkcs12.Count all = new PlainPkcs12.Count();
    all.entries = all.fresh = (int) (size / USUAL_BYTES) + 1;
    all.freshBytes = size;
    return all;
  }

  /** No channel: one would end with an interrupt, and keep a direct buffer per thread. */
  private static InputStream open(Path path) throws IOException {
    return new BufferedInputStream(new FileInputStream(path.toFile()), BUFFER_BYTES);
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

  private static TrustSet parse(Path path, long size, PlainPkcs12 fast)
      throws LoadFailure, IOException, GeneralSecurityException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Map<String, X509Certificate> entries;
    try (InputStream in = new DigestInputStream(open(path), sha256)) {
      entries = fast.read(in, size);
    }
    if (entries == null) {
      byte[] bytes = new byte[(int) size];
      try (InputStream in = open(path)) {
        in.readNBytes(bytes, 0, bytes.length);
      }
      sha256.reset();
      sha256.update(bytes);
      try {
        entries = load(bytes);
      } catch (IOException unreadable) {
        throw new LoadFailure("FILE_CORRUPT", unreadable.toString());
      }
    }
    return new TrustSet(hex(sha256.digest()), entries, System.currentTimeMillis());
  }

  private static Map<String, X509Certificate> load(byte[] bytes)
      throws IOException, GeneralSecurityException {
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

  /**
   * The JDK's own keystore: another provider, put first by the application, may read the file in
   * another way.
   */
  private static KeyStore pkcs12() throws KeyStoreException {
    try {
      return KeyStore.getInstance("PKCS12", "SUN");
    } catch (NoSuchProviderException | KeyStoreException absent) {
      return KeyStore.getInstance("PKCS12");
    }
  }

  private static String hex(byte[] digest) {
    StringBuilder hex = new StringBuilder(64);
    for (byte b : digest) {
      hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return hex.toString();
  }
}
