package io.trustcast.jvm.impl.truststore;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.UUID;

/**
 * Tells whether two markers are of the same file. A host agent of another release derives another
 * key and signature from the same id (docs/protocol.md), and a JVM that runs meanwhile holds the
 * one while the file holds the other.
 */
public final class Marker {
  private Marker() {}

  /** Whether a set of certificates has the marker, in whichever derivation. */
  public static boolean isIn(Collection<X509Certificate> certs, X509Certificate marker) {
    if (certs.contains(marker)) {
      return true;
    }
    for (X509Certificate cert : certs) {
      if (isSame(cert, marker)) {
        return true;
      }
    }
    return false;
  }

  /** Whether both are the marker of the same file: equal, or derived from the same id. */
  public static boolean isSame(X509Certificate one, X509Certificate other) {
    return one.equals(other)
        || one.getSerialNumber().equals(other.getSerialNumber())
            && one.getSubjectX500Principal().equals(other.getSubjectX500Principal())
            && isDerived(one)
            && isDerived(other);
  }

  /**
   * Whether the signature is one that is hashed from the serial number, as that of no other
   * certificate is.
   */
  private static boolean isDerived(X509Certificate cert) {
    BigInteger serial = cert.getSerialNumber();
    if (serial.signum() <= 0 || serial.bitLength() > 128) {
      return false;
    }
    String id = new UUID(serial.shiftRight(64).longValue(), serial.longValue()).toString();
    byte[] signature = cert.getSignature();
    try {
      return Arrays.equals(signature, ecdsa(id)) || Arrays.equals(signature, rsa(id));
    } catch (GeneralSecurityException noSha256) {
      return false;
    }
  }

  /** SEQUENCE of two INTEGERs with 32 bytes each. */
  private static byte[] ecdsa(String id) throws GeneralSecurityException {
    byte[] signature = new byte[70];
    signature[0] = 0x30;
    signature[1] = 68;
    int at = 2;
    for (String name : new String[] {"r", "s"}) {
      byte[] number = sha256("trustcast marker/2 " + name + ' ' + id);
      number[0] = (byte) (number[0] & 0x3f | 0x40);
      signature[at] = 0x02;
      signature[at + 1] = 32;
      System.arraycopy(number, 0, signature, at + 2, 32);
      at += 34;
    }
    return signature;
  }

  /** The derivation of earlier releases. */
  private static byte[] rsa(String id) throws GeneralSecurityException {
    byte[] signature = new byte[256];
    for (int part = 0; part < 8; part++) {
      System.arraycopy(
          sha256("trustcast marker signature " + part + ' ' + id), 0, signature, 32 * part, 32);
    }
    signature[0] &= 0x7f;
    return signature;
  }

  private static byte[] sha256(String text) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
  }
}
