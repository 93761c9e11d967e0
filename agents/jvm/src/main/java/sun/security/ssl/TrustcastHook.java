package sun.security.ssl;

import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where the patched JDK methods call out. Defined once inside java.base and never unloaded: every
 * member is a permanent ABI and names JDK types only. An implementation sets the fields; with the
 * fields null the patched methods behave as the JDK wrote them. No method throws.
 */
public final class TrustcastHook {
  /** Receives the trust manager before it checks a chain. */
  public static volatile Consumer<Object> check;

  /** Answers the accepted issuers of a trust manager, or null for the JDK's own answer. */
  public static volatile Function<Object, X509Certificate[]> issuers;

  /** Receives a TLS session before the JDK decides whether it may be resumed. */
  public static volatile Consumer<Object> resume;

  /** Receives an application output stream of a TLS socket, or a TLS engine, before it sends. */
  public static volatile Consumer<Object> send;

  /** Counts what the implementation threw. */
  public static final LongAdder failures = new LongAdder();

  private TrustcastHook() {}

  /** Called by X509TrustManagerImpl. */
  public static void check(Object trustManager) {
    tell(check, trustManager);
  }

  /** Called by X509TrustManagerImpl. */
  public static X509Certificate[] issuers(Object trustManager) {
    Function<Object, X509Certificate[]> target = issuers;
    if (target == null) {
      return null;
    }
    try {
      return target.apply(trustManager);
    } catch (Throwable failure) {
      failures.increment();
      return null;
    }
  }

  /** Called by SSLSessionImpl. */
  public static void resume(Object session) {
    tell(resume, session);
  }

  /** Called by SSLSocketImpl and SSLEngineImpl. */
  public static void send(Object sender) {
    tell(send, sender);
  }

  private static void tell(Consumer<Object> target, Object subject) {
    if (target == null) {
      return;
    }
    try {
      target.accept(subject);
    } catch (Throwable failure) {
      failures.increment();
    }
  }
}
