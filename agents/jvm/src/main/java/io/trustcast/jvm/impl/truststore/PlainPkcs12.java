package io.trustcast.jvm.impl.truststore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads the one form of PKCS#12 that the host agent writes: unencrypted certificate bags with a
 * friendly name and the JDK's trust attribute, in DER (RFC 7292). Certificates that were in the
 * previous file are not parsed again, which is where the JDK's keystore spends its time. Anything
 * else is left to the JDK's keystore.
 */
final class PlainPkcs12 {
  private static final byte[] CERT_BAG = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 12, 10, 1, 3
  };
  private static final byte[] X509 = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 9, 22, 1
  };
  private static final byte[] FRIENDLY_NAME = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 9, 20
  };
  private static final byte[] TRUSTED = {
    0x60, (byte) 0x86, 0x48, 1, (byte) 0x86, (byte) 0xf9, 0x66, (byte) 0xad, (byte) 0xca, 0x7b, 1, 1
  };

  private static final byte[] ANY_USAGE = {0x55, 0x1d, 0x25, 0};

  /** Of a bag. */
  private static final class Entry {
    String alias;
    X509Certificate certificate;
  }

  /** The entries of the previous file by their bags. */
  private Map<Sha256, Entry> parsed = new HashMap<>();

  /** How many entries and bytes a file has that the previous one had not. */
  static final class Count {
    int entries;
    int fresh;
    long freshBytes;
  }

  /** Counts without keeping anything. */
  Count count(InputStream in, long size) throws IOException, GeneralSecurityException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Count count = new Count();
    new BagStream(in, size)
        .forEach(
            (bytes, length) -> {
              count.entries++;
              if (!parsed.containsKey(Sha256.of(sha256, bytes, length))) {
                count.fresh++;
                count.freshBytes += length;
              }
            });
    return count;
  }

  /**
   * Answers the entries by alias in lower case, as the JDK's keystore does, or null when the file
   * has another form.
   */
  Map<String, X509Certificate> read(byte[] bytes)
      throws IOException, GeneralSecurityException, LoadFailure {
    return read(new ByteArrayInputStream(bytes), bytes.length);
  }

  /**
   * The same of a stream, which is read to its end.
   *
   * @throws LoadFailure naming every entry whose certificate the JDK cannot parse
   */
  Map<String, X509Certificate> read(InputStream in, long size)
      throws IOException, GeneralSecurityException, LoadFailure {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Map<Sha256, Entry> seen = new HashMap<>(parsed.size() * 2);
    Map<String, X509Certificate> entries = new LinkedHashMap<>(parsed.size() * 2);
    List<String> unreadable = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    try {
      new BagStream(in, size)
          .forEach(
              (bytes, length) -> {
                Sha256 digest = Sha256.of(sha256, bytes, length);
                Entry entry = parsed.get(digest);
                if (entry == null) {
                  entry = parse(bytes, length, factory);
                  if (entry.certificate == null) {
                    unreadable.add(entry.alias);
                    return;
                  }
                }
                seen.put(digest, entry);
                entries.put(entry.alias, entry.certificate);
              });
    } catch (OtherForm | IndexOutOfBoundsException other) {
      return null;
    }
    parsed = seen;
    if (!unreadable.isEmpty()) {
      throw new LoadFailure(unreadable);
    }
    return entries;
  }

  /**
   * Which of these certificates, by the digest of their DER, a file has under any alias, or null
   * when the file has another form. Parses and keeps nothing else.
   */
  static Set<X509Certificate> among(Map<Sha256, X509Certificate> known, InputStream in, long size)
      throws IOException, GeneralSecurityException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Set<X509Certificate> found = new HashSet<>();
    try {
      new BagStream(in, size)
          .forEach(
              (bytes, length) -> {
                byte[] der = der(new Cursor(bytes, 0, length));
                X509Certificate cert = known.get(Sha256.of(sha256, der, der.length));
                if (cert != null) {
                  found.add(cert);
                }
              });
    } catch (OtherForm | IndexOutOfBoundsException other) {
      return null;
    }
    return found;
  }

  /** What a bag holds before its attributes. */
  private static byte[] der(Cursor bag) {
    bag.expect(0x06, CERT_BAG);
    Cursor certificate = bag.enter(0xa0).enter(0x30);
    certificate.expect(0x06, X509);
    return certificate.enter(0xa0).enter(0x04).rest();
  }

  /** Without a certificate when the JDK does not accept it; the alias is known in any case. */
  private static Entry parse(byte[] bytes, int length, CertificateFactory factory) {
    Cursor bag = new Cursor(bytes, 0, length);
    byte[] der = der(bag);
    String alias = null;
    boolean trusted = false;
    Cursor attributes = bag.enter(0x31);
    bag.end();
    while (attributes.more()) {
      Cursor attribute = attributes.enter(0x30);
      Cursor type = attribute.enter(0x06);
      Cursor value = attribute.enter(0x31);
      attribute.end();
      if (type.holds(FRIENDLY_NAME) && alias == null) {
        alias = new String(value.enter(0x1e).rest(), StandardCharsets.UTF_16BE);
        value.end();
      } else if (type.holds(TRUSTED) && !trusted) {
        value.expect(0x06, ANY_USAGE);
        value.end();
        trusted = true;
      } else {
        throw new OtherForm();
      }
    }
    if (alias == null || !trusted) {
      throw new OtherForm();
    }
    Entry entry = new Entry();
    entry.alias = alias.toLowerCase(Locale.ENGLISH);
    try {
      entry.certificate =
          (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException | RuntimeException refused) {
      // named by its alias
    }
    return entry;
  }

  /** A stretch of DER. */
  private static final class Cursor {
    private final byte[] bytes;
    private int at;
    private final int end;

    Cursor(byte[] bytes, int at, int end) {
      this.bytes = bytes;
      this.at = at;
      this.end = end;
    }

    boolean more() {
      return at < end;
    }

    /** Nothing may follow. */
    void end() {
      if (at != end) {
        throw new OtherForm();
      }
    }

    /** The content of the next element, which must have this tag and end inside this stretch. */
    Cursor enter(int tag) {
      if (at + 2 > end || (bytes[at] & 0xff) != tag) {
        throw new OtherForm();
      }
      int length = bytes[at + 1] & 0xff;
      int start = at + 2;
      if (length > 0x80) {
        int size = length - 0x80;
        if (size > 3 || start + size > end) {
          throw new OtherForm();
        }
        length = 0;
        for (int i = 0; i < size; i++) {
          length = length << 8 | bytes[start++] & 0xff;
        }
      } else if (length == 0x80) {
        throw new OtherForm(); // BER's indefinite length
      }
      if (length > end - start) {
        throw new OtherForm();
      }
      at = start + length;
      return new Cursor(bytes, start, at);
    }

    void expect(int tag, byte[] content) {
      if (!enter(tag).holds(content)) {
        throw new OtherForm();
      }
    }

    boolean holds(byte[] content) {
      return Arrays.equals(bytes, at, end, content, 0, content.length);
    }

    byte[] rest() {
      return Arrays.copyOfRange(bytes, at, end);
    }
  }
}
