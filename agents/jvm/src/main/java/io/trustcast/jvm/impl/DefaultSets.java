package io.trustcast.jvm.impl;

import java.io.File;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;

/**
 * Knows the Sets that the JVM's default trust managers share. The JDK hands out the same Set until the file behind it
 * changes; a trust manager that holds it is a default one. Equality is not enough: a context that the application pinned
 * to the same certificates is equal.
 */
final class DefaultSets {
  private final WeakIdentityMap<Boolean> known = new WeakIdentityMap<>();
  private volatile Set<X509Certificate> current;
  private volatile String failure;

  /** Asks the JDK for its present default Set, which reads the file behind it only when that has changed. */
  Set<X509Certificate> refresh() {
    try {
      Set<X509Certificate> set = Privileged.call(DefaultSets::ask);
      if (set != current) {
        known.put(set, Boolean.TRUE);
        current = set;
      }
      failure = null;
    } catch (Exception unreadable) {
      current = null;
      failure = unreadable.toString();
    }
    return current;
  }

  /** The present default Set, or null when the JDK cannot read it. */
  Set<X509Certificate> current() {
    return current;
  }

  /** Why there is no default Set. */
  String failure() {
    return failure;
  }

  /** The default Set that this collection is, or stands for; null when it is the application's own. */
  Collection<X509Certificate> match(Collection<X509Certificate> own) {
    Set<X509Certificate> now = refresh();
    if (own == now || known.get(own) != null) {
      return own;
    }
    return now != null && isJdkOwn() && own.equals(now) ? now : null;
  }

  private static Set<X509Certificate> ask() throws Exception {
    try {
      return Internals.defaultSet();
    } catch (Exception | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Whether the default truststore is the JDK's cacerts or jssecacerts: a copy of it was read from the same file. */
  private static boolean isJdkOwn() {
    try {
      String named = Privileged.call(() -> System.getProperty("javax.net.ssl.trustStore"));
      return named == null || !named.equals("NONE") && !Privileged.call(() -> new File(named).canRead());
    } catch (Exception refused) {
      return false;
    }
  }
}
