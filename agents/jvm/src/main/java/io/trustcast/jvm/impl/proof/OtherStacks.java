package io.trustcast.jvm.impl.proof;

import io.trustcast.jvm.impl.session.SessionEpoch;
import io.trustcast.jvm.impl.trust.OtherTrust;
import io.trustcast.jvm.impl.truststore.TrustSet;
import java.lang.instrument.Instrumentation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds TLS stacks beside the JDK's. Some resume sessions without asking anybody of the JDK, and
 * some ask no trust manager of it at all.
 */
public final class OtherStacks {
  private static final long EVERY_NS = 10_000_000_000L;
  private static final String BOUNCY_CASTLE = ".jsse.provider.ProvSSLSessionContext";

  /**
   * Keep sessions of their own. Loaded with a stack's first context, or connection where contexts
   * are made for nothing. The end of the name only: such stacks are often moved into other
   * packages.
   */
  private static final String[] RESUMING = {
    ".netty.handler.ssl.OpenSslSessionContext",
    ".conscrypt.AbstractSessionContext",
    // Reactor Netty loads QuicheQuicSslContext and -Engine at its first HTTPS call
    ".codec.quic.QuicheQuicChannel",
    ".tomcat.util.net.openssl.OpenSSLSessionContext",
    ".tomcat.util.net.openssl.panama.OpenSSLSessionContext",
    ".wildfly.openssl.OpenSSLSessionContext",
    BOUNCY_CASTLE,
  };

  /** Stacks that validate chains by a truststore of their own or of the operating system. */
  private static final String[] VALIDATING = {
    BOUNCY_CASTLE,
    ".awssdk.crt.io.TlsContext",
    ".jetty.quic.quiche.QuicheConnection",
    ".wolfssl.WolfSSLContext",
  };

  private final Instrumentation instrumentation;
  private final SessionEpoch epoch;
  private TrustSet looked;
  private long lookedNs = System.nanoTime() - EVERY_NS - 1; // not 0: the clock begins with the host
  private long aloneMs;
  private String found;
  private List<Map<String, Object>> judging = List.of();

  /** With what aloneMs() of an earlier implementation in this JVM answered, or 0. */
  public OtherStacks(Instrumentation instrumentation, SessionEpoch epoch, long aloneMs) {
    this.instrumentation = instrumentation;
    this.epoch = epoch;
    this.aloneMs = aloneMs;
  }

  /**
   * When the JDK's stack was alone for the last time that it was looked: other stacks have no
   * session from before.
   */
  public long aloneMs() {
    return aloneMs;
  }

  /**
   * A stable code and the packages, or null. All classes of a JVM are many: they are looked through
   * for every new set, and every ten seconds.
   */
  public String found(TrustSet set) {
    long nowNs = System.nanoTime();
    if (looked != set || nowNs - lookedNs > EVERY_NS) {
      looked = set;
      lookedNs = nowNs;
      look();
    }
    return found;
  }

  /**
   * Whether what was found may let in whom the default trust does not, by a session of before the
   * last removal, or of before the agent came.
   */
  public boolean mayResume() {
    return found != null && aloneMs < epoch.epochMs();
  }

  /** The stacks that have a trust of their own, as of the last look. */
  public List<Map<String, Object>> judging() {
    return judging;
  }

  private void look() {
    long nowMs = epoch.observe();
    Set<String> resuming = new TreeSet<>();
    Set<String> own = new TreeSet<>();
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      if (is(loaded, RESUMING)) {
        resuming.add(loaded.getPackageName());
      }
      if (is(loaded, VALIDATING)) {
        own.add(loaded.getPackageName());
      }
    }
    List<Map<String, Object>> named = new ArrayList<>();
    for (String name : own) {
      named.add(OtherTrust.of(OtherTrust.OWN_STACK, name, 1));
    }
    judging = named;
    found = resuming.isEmpty() ? null : "OTHER_TLS_STACK: " + String.join(", ", resuming);
    aloneMs = found == null ? nowMs : aloneMs;
  }

  private static boolean is(Class<?> loaded, String[] classes) {
    for (String known : classes) {
      if (loaded.getName().endsWith(known)) {
        return true;
      }
    }
    return false;
  }
}
