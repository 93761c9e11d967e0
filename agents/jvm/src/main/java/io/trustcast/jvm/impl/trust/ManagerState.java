package io.trustcast.jvm.impl.trust;

import io.trustcast.jvm.impl.truststore.EffectiveSet;
import io.trustcast.jvm.impl.truststore.History;
import io.trustcast.jvm.impl.truststore.TrustSet;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;

/** What the hooks know of one trust manager of the JDK. */
public final class ManagerState {
  /** How a trust manager came to be. */
  public enum Kind {
    /** Made from our file: its set holds our marker. */
    FILE,
    /** Shares the Set of the JVM's default truststore. */
    DEFAULT,
    /** Anything else; never touched. */
    OTHER
  }

  final Kind kind;
  final Collection<X509Certificate> own;
  final ReentrantLock lock = new ReentrantLock();
  volatile Applied applied;

  /** Why it does not trust what it should, or null. */
  volatile String problem;

  /** The certificates beside our file that it keeps, for one set. */
  volatile Beside beside;

  /** First class that asked it to validate a chain; set for trust managers of the application. */
  volatile String askedBy;

  ManagerState(Kind kind, Collection<X509Certificate> own, String problem) {
    this.kind = kind;
    this.own = own;
    this.problem = problem;
  }

  /** The answer of the history for one set. */
  static final class Beside {
    final TrustSet set;
    final History.Answer answer;

    Beside(TrustSet set, History.Answer answer) {
      this.set = set;
      this.answer = answer;
    }
  }

  /** The set that the validators of a trust manager have been given. */
  static final class Applied {
    final TrustSet set;
    final EffectiveSet effective;
    final Object server;
    final Object client;

    Applied(TrustSet set, EffectiveSet effective, Object server, Object client) {
      this.set = set;
      this.effective = effective;
      this.server = server;
      this.client = client;
    }
  }
}
