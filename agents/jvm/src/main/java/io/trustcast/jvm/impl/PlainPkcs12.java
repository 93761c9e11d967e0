package io.trustcast.jvm.impl;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads the one form of PKCS#12 that the host agent writes: unencrypted certificate bags with a friendly name and the
 * JDK's trust attribute, in DER (RFC 7292). Certificates that were in the previous file are not parsed again, which is
 * where the JDK's keystore spends its time. Anything else is left to the JDK's keystore.
 */
final class PlainPkcs12 {
  private static final byte[] DATA = {0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 7, 1};
  private static final byte[] CERT_BAG = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 12, 10, 1, 3
  };
  private static final byte[] X509 = {0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 9, 22, 1};
  private static final byte[] FRIENDLY_NAME = {0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 9, 20};
  private static final byte[] TRUSTED = {
    0x60, (byte) 0x86, 0x48, 1, (byte) 0x86, (byte) 0xf9, 0x66, (byte) 0xad, (byte) 0xca, 0x7b, 1, 1
  };

  private static final byte[] ANY_USAGE = {0x55, 0x1d, 0x25, 0};

  private static final class OtherForm extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OtherForm() {
      super("another form", null, false, false);
    }
  }

  /** A bag in the bytes of a file, as a key: the same bytes are the same entry. */
  private static final class Bag {
    private static final int SAMPLES = 32;

    private final byte[] bytes;
    private final int from;
    private final int to;
    private final int hash;
    private String alias;
    private X509Certificate certificate;

    Bag(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
      int sum = to - from;
      int step = 1 + (to - from) / SAMPLES;
      for (int i = from; i < to; i += step) {
        sum = 31 * sum + bytes[i]; // serial number, key and signature are everywhere
      }
      this.hash = sum;
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      if (!(other instanceof Bag)) {
        return false;
      }
      Bag that = (Bag) other;
      return Arrays.equals(bytes, from, to, that.bytes, that.from, that.to);
    }
  }

  /** The bags of the previous file, which keep its bytes. */
  private Map<Bag, Bag> parsed = new HashMap<>();

  /**
   * Answers the entries by alias in lower case, as the JDK's keystore does, or null when the file has another form.
   *
   * @throws LoadFailure naming every entry whose certificate the JDK cannot parse
   */
  Map<String, X509Certificate> read(byte[] bytes) throws CertificateException, LoadFailure {
    try {
      Cursor file = new Cursor(bytes, 0, bytes.length);
      Cursor pfx = file.enter(0x30);
      file.end();
      pfx.expect(0x02, new byte[] {3});
      Cursor safes = content(pfx).enter(0x30);
      Map<Bag, Bag> seen = new HashMap<>(parsed.size() * 2);
      Map<String, X509Certificate> entries = new LinkedHashMap<>(parsed.size() * 2);
      List<String> unreadable = new ArrayList<>();
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      while (safes.more()) {
        Cursor bags = content(safes).enter(0x30);
        while (bags.more()) {
          Bag bag = bags.enter(0x30).bag();
          Bag known = parsed.get(bag);
          if (known == null) {
            if (!parse(bag, factory)) {
              unreadable.add(bag.alias);
              continue;
            }
          } else {
            bag.alias = known.alias;
            bag.certificate = known.certificate;
          }
          seen.put(bag, bag);
          entries.put(bag.alias, bag.certificate);
        }
      }
      parsed = seen;
      if (!unreadable.isEmpty()) {
        throw new LoadFailure(unreadable);
      }
      return entries;
    } catch (OtherForm | IndexOutOfBoundsException other) {
      return null;
    }
  }

  /** The octets of a ContentInfo of type data. */
  private static Cursor content(Cursor in) {
    Cursor info = in.enter(0x30);
    info.expect(0x06, DATA);
    Cursor octets = info.enter(0xa0).enter(0x04);
    info.end();
    return octets;
  }

  /** Whether the JDK accepts the certificate; the alias is known in any case. */
  private static boolean parse(Bag unknown, CertificateFactory factory) {
    Cursor bag = new Cursor(unknown.bytes, unknown.from, unknown.to);
    bag.expect(0x06, CERT_BAG);
    Cursor certificate = bag.enter(0xa0).enter(0x30);
    certificate.expect(0x06, X509);
    byte[] der = certificate.enter(0xa0).enter(0x04).rest();
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
    unknown.alias = alias.toLowerCase(Locale.ENGLISH);
    try {
      unknown.certificate = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
      return true;
    } catch (CertificateException | RuntimeException refused) {
      return false;
    }
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

    Bag bag() {
      return new Bag(bytes, at, end);
    }

    byte[] rest() {
      return Arrays.copyOfRange(bytes, at, end);
    }
  }
}
