package io.trustcast.jvm.test;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** Just enough DER (X.690) to write certificates. */
final class Der {
  private Der() {}

  static byte[] tagged(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length < 0x80) {
      out.write(length);
    } else {
      byte[] size = BigInteger.valueOf(length).toByteArray();
      int skip = size[0] == 0 ? 1 : 0;
      out.write(0x80 | size.length - skip);
      out.write(size, skip, size.length - skip);
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  static byte[] integer(BigInteger value) {
    return tagged(2, value.toByteArray());
  }

  static byte[] bits(byte[] value) {
    return tagged(3, new byte[] {0}, value);
  }

  static byte[] octets(byte[] value) {
    return tagged(4, value);
  }

  static byte[] utf8(String value) {
    return tagged(12, value.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] time(String yymmddhhmmssZ) {
    return tagged(23, yymmddhhmmssZ.getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] oid(String dotted) {
    String[] parts = dotted.split("\\.");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(parts[0]) * 40 + Integer.parseInt(parts[1]));
    for (int i = 2; i < parts.length; i++) {
      long value = Long.parseLong(parts[i]);
      for (int shift = 28; shift >= 0; shift -= 7) {
        if (value >> shift != 0 || shift == 0) {
          out.write((int) (value >> shift & 0x7f) | (shift == 0 ? 0 : 0x80));
        }
      }
    }
    return tagged(6, out.toByteArray());
  }
}
