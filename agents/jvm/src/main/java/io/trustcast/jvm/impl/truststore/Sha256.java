package io.trustcast.jvm.impl.truststore;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** A SHA-256 digest as a key of few bytes. */
final class Sha256 {
  private final long first;
  private final long second;
  private final long third;
  private final long fourth;

  private Sha256(ByteBuffer digest) {
    first = digest.getLong();
    second = digest.getLong();
    third = digest.getLong();
    fourth = digest.getLong();
  }

  static Sha256 of(MessageDigest sha256, byte[] bytes, int length) {
    sha256.update(bytes, 0, length);
    return new Sha256(ByteBuffer.wrap(sha256.digest()));
  }

  @Override
  public int hashCode() {
    return (int) first;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Sha256)) {
      return false;
    }
    Sha256 that = (Sha256) other;
    return first == that.first
        && second == that.second
        && third == that.third
        && fourth == that.fourth;
  }
}
