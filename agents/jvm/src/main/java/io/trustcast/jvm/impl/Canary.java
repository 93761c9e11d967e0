package io.trustcast.jvm.impl;

import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Proves that the JVM's default trust really is the loaded set: a claim of LIVE that rested on the patches alone would be
 * false when the application has put its own trust in their place.
 */
final class Canary {
  private final TrustHooks hooks;
  private final DefaultSets defaults;

  /** What the fresh trust manager depended on when it was proven; compared by identity. */
  private List<Object> provenBy;

  private X509TrustManager proven;

  Canary(TrustHooks hooks, DefaultSets defaults) {
    this.hooks = hooks;
    this.defaults = defaults;
  }

  /**
   * Answers null when everything holds, else a stable code and what was found. Cheap when nothing has changed since it
   * held last.
   */
  String check(TrustSet set, Set<X509Certificate> removed) {
    try {
      Set<X509Certificate> now = defaults.refresh();
      if (now == null) {
        return "DEFAULT_TRUSTSTORE_UNREADABLE: " + defaults.failure();
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      List<Object> circumstances = List.of(set, now, factory.getAlgorithm(), factory.getProvider());
      String problem =
          identical(provenBy, circumstances)
              ? holds("DEFAULT_FACTORY", proven, set, removed)
              : fresh(factory.getAlgorithm(), set, removed);
      provenBy = problem == null ? circumstances : null;
      if (problem == null) {
        problem = context(set, removed);
      }
      return problem == null ? urlConnections(set, removed) : problem;
    } catch (Throwable failure) {
      return "CANARY_FAILED: " + failure;
    }
  }

  private static boolean identical(List<Object> one, List<Object> other) {
    boolean identical = one != null;
    for (int i = 0; identical && i < other.size(); i++) {
      identical = one.get(i) == other.get(i);
    }
    return identical;
  }

  private String fresh(String algorithm, TrustSet set, Set<X509Certificate> removed) throws Throwable {
    for (Probe probe : Probe.values()) {
      X509TrustManager manager = newDefault(algorithm);
      if (manager == null || !Internals.TRUST_MANAGER.isInstance(manager)) {
        return "DEFAULT_FACTORY_FOREIGN: " + (manager == null ? algorithm : manager.getClass().getName());
      }
      probe.run((X509ExtendedTrustManager) manager);
      if (!hooks.knows(manager)) {
        return "HOOK_SILENT: " + probe;
      }
      if (probe == Probe.ISSUERS) {
        String problem = holds("DEFAULT_FACTORY", manager, set, removed);
        if (problem != null) {
          return problem;
        }
        proven = manager;
      }
    }
    return null;
  }

  private static X509TrustManager newDefault(String algorithm) throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(algorithm);
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager) {
        return (X509TrustManager) manager;
      }
    }
    return null;
  }

  private String context(TrustSet set, Set<X509Certificate> removed) throws Throwable {
    SSLContext context = Internals.defaultContext();
    if (context == null) {
      return null; // the JDK will make it from a manager like the fresh one
    }
    Object manager = Internals.managerOf(context);
    if (!(manager instanceof X509TrustManager)) {
      return "DEFAULT_CONTEXT_FOREIGN: " + context.getProvider().getName();
    }
    return holds("DEFAULT_CONTEXT", (X509TrustManager) manager, set, removed);
  }

  private String urlConnections(TrustSet set, Set<X509Certificate> removed) throws Throwable {
    SSLSocketFactory factory = Internals.urlConnectionFactory();
    if (factory == null) {
      return null;
    }
    Object manager = Internals.managerOf(factory);
    if (!(manager instanceof X509TrustManager)) {
      return "URL_CONNECTION_FACTORY_FOREIGN: " + factory.getClass().getName();
    }
    return holds("URL_CONNECTION_FACTORY", (X509TrustManager) manager, set, removed);
  }

  private String holds(String where, X509TrustManager manager, TrustSet set, Set<X509Certificate> removed) throws Throwable {
    Collection<X509Certificate> accepted = new HashSet<>(Arrays.asList(manager.getAcceptedIssuers()));
    if (Internals.TRUST_MANAGER.isInstance(manager)) {
      if (hooks.kind(manager) == null) {
        return "HOOK_SILENT: " + where;
      }
      if (hooks.effective(manager) == null) {
        return where + "_NOT_MANAGED: its trust is the application's own";
      }
      Set<X509Certificate> expected = hooks.effective(manager).certs;
      String problem = exactly(where, accepted, expected, set);
      problem = problem == null ? exactly(where, validated(Internals.serverValidator(manager)), expected, set) : problem;
      return problem == null ? exactly(where, validated(Internals.clientValidator(manager)), expected, set) : problem;
    }
    return contains(where, accepted, set, removed);
  }

  private static Collection<X509Certificate> validated(Object validator) throws Throwable {
    return validator == null ? Set.of() : Internals.validatorCerts(validator);
  }

  private static String exactly(
      String where, Collection<X509Certificate> found, Set<X509Certificate> expected, TrustSet set) {
    for (X509Certificate cert : found) {
      if (!expected.contains(cert) && !cert.equals(set.marker)) {
        return where + "_KEEPS: " + cert.getSubjectX500Principal();
      }
    }
    if (!found.containsAll(expected)) {
      return where + "_LACKS: " + (expected.size() - found.size()) + " of " + expected.size();
    }
    return contains(where, found, set, Set.of());
  }

  private static String contains(String where, Collection<X509Certificate> found, TrustSet set, Set<X509Certificate> removed) {
    for (Map.Entry<String, X509Certificate> entry : set.managed.entrySet()) {
      if (!found.contains(entry.getValue())) {
        return where + "_LACKS: " + entry.getKey();
      }
    }
    for (X509Certificate cert : removed) {
      if (!set.managedCerts.contains(cert) && !set.baseCerts.contains(cert) && found.contains(cert)) {
        return where + "_KEEPS: " + cert.getSubjectX500Principal();
      }
    }
    return null;
  }

  /** Every patched method, called in a way that ends before anything is validated. */
  private enum Probe {
    ISSUERS,
    CLIENT,
    SERVER,
    CLIENT_SOCKET,
    SERVER_SOCKET,
    CLIENT_ENGINE,
    SERVER_ENGINE;

    void run(X509ExtendedTrustManager manager) throws CertificateException {
      try {
        switch (this) {
          case ISSUERS:
            manager.getAcceptedIssuers();
            break;
          case CLIENT:
            manager.checkClientTrusted(null, null);
            break;
          case SERVER:
            manager.checkServerTrusted(null, null);
            break;
          case CLIENT_SOCKET:
            manager.checkClientTrusted(null, null, (Socket) null);
            break;
          case SERVER_SOCKET:
            manager.checkServerTrusted(null, null, (Socket) null);
            break;
          case CLIENT_ENGINE:
            manager.checkClientTrusted(null, null, (SSLEngine) null);
            break;
          default:
            manager.checkServerTrusted(null, null, (SSLEngine) null);
        }
      } catch (IllegalArgumentException expected) {
        // the JDK's answer to a null chain
      }
    }
  }
}
