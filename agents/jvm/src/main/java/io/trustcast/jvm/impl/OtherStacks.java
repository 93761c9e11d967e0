package io.trustcast.jvm.impl;

import java.lang.instrument.Instrumentation;

/**
 * Finds TLS stacks beside the JDK's. They resume sessions without asking anybody of the JDK, and some ask no trust manager of
 * it at all.
 */
final class OtherStacks {
  private static final long EVERY_NS = 10_000_000_000L;
  /** Has trust managers of its own. */
  private static final String INDEPENDENT = ".jsse.provider.ProvSSLSessionContext";
  /** Loaded with a stack's first context. The end of the name only: such stacks are often moved into other packages. */
  private static final String[] CLASSES = {
    ".netty.handler.ssl.OpenSslSessionContext",
    ".conscrypt.AbstractSessionContext",
    ".codec.quic.QuicheQuicSslContext",
    ".tomcat.util.net.openssl.OpenSSLSessionContext",
    ".tomcat.util.net.openssl.panama.OpenSSLSessionContext",
    ".wildfly.openssl.OpenSSLSessionContext",
    INDEPENDENT,
  };

  private final Instrumentation instrumentation;
  private final SessionEpoch epoch;
  private TrustSet looked;
  private long lookedNs = System.nanoTime() - EVERY_NS - 1; // not 0: the clock begins with the host
  private long aloneMs;
  private boolean independent;
  private String found;

  /** With what aloneMs() of an earlier implementation in this JVM answered, or 0. */
  OtherStacks(Instrumentation instrumentation, SessionEpoch epoch, long aloneMs) {
    this.instrumentation = instrumentation;
    this.epoch = epoch;
    this.aloneMs = aloneMs;
  }

  /** When the JDK's stack was alone for the last time that it was looked: other stacks have no session from before. */
  long aloneMs() {
    return aloneMs;
  }

  /**
   * A stable code and the packages, or null. All classes of a JVM are many: they are looked through for every new set, and
   * every ten seconds.
   */
  String found(TrustSet set) {
    long nowNs = System.nanoTime();
    if (looked != set || nowNs - lookedNs > EVERY_NS) {
      looked = set;
      lookedNs = nowNs;
      look();
    }
    return found;
  }

  /**
   * Whether what was found may let in who is not in the set: by trust managers of its own, or by a session of before the last
   * removal, or of before the agent came.
   */
  boolean mayTrustOtherwise() {
    return found != null && (independent || aloneMs < epoch.epochMs());
  }

  private void look() {
    long nowMs = epoch.observe();
    independent = false;
    StringBuilder names = new StringBuilder();
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      for (String known : CLASSES) {
        if (loaded.getName().endsWith(known)) {
          names.append(names.length() == 0 ? "OTHER_TLS_STACK: " : ", ").append(loaded.getPackageName());
          independent |= known.equals(INDEPENDENT);
        }
      }
    }
    found = names.length() == 0 ? null : names.toString();
    aloneMs = found == null ? nowMs : aloneMs;
  }
}
