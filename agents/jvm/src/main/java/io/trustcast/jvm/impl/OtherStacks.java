package io.trustcast.jvm.impl;

import java.lang.instrument.Instrumentation;

/**
 * Finds TLS stacks beside the JDK's, which LIVE says nothing of: they resume sessions past a removal, and some ask no trust
 * manager of the JDK at all.
 */
final class OtherStacks {
  private static final long EVERY_NS = 60_000_000_000L;
  /** Loaded with a stack's first context. The end of the name only: such stacks are often moved into other packages. */
  private static final String[] CLASSES = {
    ".netty.handler.ssl.OpenSslSessionContext",
    ".conscrypt.AbstractSessionContext",
    ".jsse.provider.ProvSSLSessionContext",
    ".tomcat.util.net.openssl.OpenSSLSessionContext",
  };

  private final Instrumentation instrumentation;
  private TrustSet looked;
  private long lookedNs;
  private String found;

  OtherStacks(Instrumentation instrumentation) {
    this.instrumentation = instrumentation;
  }

  /**
   * A stable code and the packages, or null. All classes of a JVM are many: they are looked through for every new set, and
   * once a minute.
   */
  String found(TrustSet set) {
    long nowNs = System.nanoTime();
    if (looked != set || nowNs - lookedNs > EVERY_NS) {
      looked = set;
      lookedNs = nowNs;
      found = look();
    }
    return found;
  }

  private String look() {
    StringBuilder names = new StringBuilder();
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      for (String known : CLASSES) {
        if (loaded.getName().endsWith(known)) {
          names.append(names.length() == 0 ? "OTHER_TLS_STACK: " : ", ").append(loaded.getPackageName());
        }
      }
    }
    return names.length() == 0 ? null : names.toString();
  }
}
