package io.trustcast.jvm.impl.truststore;

import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Locale;

/**
 * Which names of anchors a server sends when it asks for a client's certificate. The JDK sends the
 * subject of every anchor, in TLS 1.3 (RFC 8446, 4.2.4) as in TLS 1.2 (RFC 5246, 7.4.4); its
 * clients abort a handshake message of more than 32,768 bytes, and from 65,536 on its servers
 * cannot make one. Without any name a client sends the certificate that it has. A list that holds
 * some of the names would be worse: a client whose issuer is not among them sends none.
 */
public enum IssuerNames {
  /** All while they fit, and none otherwise. */
  AUTO,
  /** All, as the JDK does. */
  ALL,
  NONE;

  /**
   * What JDK 11 to 25 accept of a message, less what they put beside the names, which is at most 85
   * bytes (measured).
   */
  static final int MAX_BYTES = 32_768 - 256;

  /** Of the length that stands before each name. */
  private static final int LENGTH_BYTES = 2;

  /** The classes that make CertificateRequest, and certificate_authorities of both sides. */
  private static final String[] MESSAGES = {
    "sun.security.ssl.CertificateRequest", "sun.security.ssl.CertificateAuthoritiesExtension"
  };

  /** They call by way of the trust managers around the JDK's; deeper is the handshake itself. */
  private static final int MAX_FRAMES = 48;

  /** Answers null for what is none of the names. */
  public static IssuerNames of(String name) {
    for (IssuerNames each : values()) {
      if (each.option().equals(name)) {
        return each;
      }
    }
    return null;
  }

  String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the caller's caller gets no name of this set. */
  public boolean withholds(EffectiveSet set) {
    return this != ALL && isForMessage() && (this == NONE || set.nameBytes() > MAX_BYTES);
  }

  /** The bytes of the list in the message. */
  static long bytes(Collection<X509Certificate> certs) {
    long sum = 0;
    for (X509Certificate cert : certs) {
      sum += LENGTH_BYTES + cert.getSubjectX500Principal().getEncoded().length;
    }
    return sum;
  }

  /** Applications ask too, and get all. */
  private static boolean isForMessage() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .limit(MAX_FRAMES)
                    .map(StackWalker.StackFrame::getClassName)
                    .anyMatch(IssuerNames::isMessage));
  }

  private static boolean isMessage(String className) {
    for (String message : MESSAGES) {
      if (className.startsWith(message)) {
        return true;
      }
    }
    return false;
  }
}
