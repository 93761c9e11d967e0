package io.trustcast.jvm.impl.truststore;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.cert.CertificateException;

/**
 * Goes through the bags of a PKCS#12 file as the host agent writes it, and holds one of them at a
 * time.
 */
final class BagStream {
  private static final byte[] DATA = {
    0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 7, 1
  };
  private static final int MAX_BAG = 1 << 18;

  /** Takes one bag, which is the first bytes of the array until the next one. */
  interface Each {
    void bag(byte[] bytes, int length) throws CertificateException;
  }

  private final InputStream in;
  private final long size;
  private long at;
  private byte[] buffer = new byte[4_096];

  BagStream(InputStream in, long size) {
    this.in = in;
    this.size = size;
  }

  /**
   * Reads to the end, also where the form is another.
   *
   * @throws OtherForm when the JDK's keystore must read it
   */
  void forEach(Each each) throws IOException, CertificateException {
    try {
      bags(each);
    } finally {
      in.transferTo(java.io.OutputStream.nullOutputStream()); // who digests sees all of it
    }
  }

  private void bags(Each each) throws IOException, CertificateException {
    long pfx = enter(0x30, size);
    require(pfx == size);
    require(byteOf(0x02, pfx) == 3);
    long octets = content(pfx);
    long safes = enter(0x30, octets);
    while (at < safes) {
      long outside = content(safes);
      long end = enter(0x30, outside);
      while (at < end) {
        int length = (int) Math.min(enter(0x30, end) - at, MAX_BAG + 1);
        require(length <= MAX_BAG);
        if (length > buffer.length) {
          buffer = new byte[Integer.highestOneBit(length) * 2];
        }
        read(buffer, length);
        each.bag(buffer, length);
      }
      skip(outside);
    }
    skip(pfx);
  }

  /** The end of the octets in a ContentInfo of type data. */
  private long content(long limit) throws IOException {
    long info = enter(0x30, limit);
    long type = enter(0x06, info);
    byte[] oid = new byte[DATA.length];
    require(type - at == oid.length);
    read(oid, oid.length);
    require(java.util.Arrays.equals(oid, DATA));
    long context = enter(0xa0, info);
    require(context == info);
    return enter(0x04, context);
  }

  private int byteOf(int tag, long limit) throws IOException {
    require(enter(tag, limit) == at + 1);
    return next();
  }

  /** The end of the next element, which must have this tag and end inside the limit. */
  private long enter(int tag, long limit) throws IOException {
    require(at + 2 <= limit);
    require(next() == tag);
    long length = next();
    if (length > 0x80) {
      int bytes = (int) length - 0x80;
      require(bytes <= 4 && at + bytes <= limit);
      length = 0;
      for (int i = 0; i < bytes; i++) {
        length = length << 8 | next();
      }
    } else {
      require(length < 0x80); // BER's indefinite length
    }
    require(length <= limit - at);
    return at + length;
  }

  private int next() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException("the file became shorter");
    }
    at++;
    return b;
  }

  private void read(byte[] into, int length) throws IOException {
    if (in.readNBytes(into, 0, length) < length) {
      throw new EOFException("the file became shorter");
    }
    at += length;
  }

  private void skip(long to) throws IOException {
    while (at < to) {
      next();
    }
  }

  private static void require(boolean expected) {
    if (!expected) {
      throw new OtherForm();
    }
  }
}
