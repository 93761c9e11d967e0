package io.trustcast.jvm.impl;

import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Proves that the JVM's default trust really is the loaded set: a claim of LIVE that rested on the patches alone would be
 * false when the application has put its own trust in their place, or another agent has undone the patches.
 */
final class Canary {
  private static final String[] CONTEXTS = {"Default", "TLS", "TLSv1.2", "TLSv1.3"};

  private final TrustHooks hooks;
  private final DefaultSets defaults;

  /** What the fresh trust manager depends on; compared by identity. */
  private List<Object> madeIn;

  private X509TrustManager fresh;
  /**
   * As long as no chain was checked in this JVM: then nothing is asked that initialises the JDK's classes for it, which read
   * system and security properties once, before the application may have set them.
   */
  private boolean quiet;
  /** By trust manager of the JDK: the effective set and the validators that were compared in full. */
  private final WeakIdentityMap<List<Object>> compared = new WeakIdentityMap<>();
  /**
   * By trust manager of the application: whether it asks the JDK's of the marker, whose key nobody has, and refuses it.
   * Asked once, because it may log what it is asked.
   */
  private final WeakIdentityMap<Boolean> refuses = new WeakIdentityMap<>();

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
      quiet = !hooks.used() && !Internals.hasValidated();
      String problem = factory(now, set, removed);
      if (problem == null && !quiet && hooks.reachedBy(true, Internals::askRejoinable).isEmpty()) {
        problem = "HOOK_SILENT: SESSION";
      }
      if (problem == null) {
        problem = provider();
      }
      if (problem == null) {
        problem = context(set, removed);
      }
      if (problem == null) {
        problem = urlConnections(set, removed);
      }
      return problem == null ? socketFactory() : problem;
    } catch (Throwable failure) {
      return "CANARY_FAILED: " + failure;
    }
  }

  private String factory(Set<X509Certificate> now, TrustSet set, Set<X509Certificate> removed) throws Throwable {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    List<Object> circumstances = List.of(set, now, factory.getAlgorithm(), factory.getProvider());
    if (!identical(madeIn, circumstances)) {
      fresh = made(factory);
      madeIn = circumstances;
    }
    if (!Internals.TRUST_MANAGER.isInstance(fresh)) {
      return "DEFAULT_FACTORY_FOREIGN: " + (fresh == null ? factory.getAlgorithm() : fresh.getClass().getName());
    }
    for (Probe probe : Probe.values()) {
      if (hooks.reachedBy(!quiet, () -> probe.run(fresh, null)).isEmpty()) {
        return "HOOK_SILENT: " + probe;
      }
    }
    return holds("DEFAULT_FACTORY", fresh, set, removed);
  }

  private static X509TrustManager made(TrustManagerFactory factory) throws Exception {
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager) {
        return (X509TrustManager) manager;
      }
    }
    return null;
  }

  private static boolean identical(List<Object> one, List<Object> other) {
    boolean identical = one != null;
    for (int i = 0; identical && i < other.size(); i++) {
      identical = one.get(i) == other.get(i);
    }
    return identical;
  }

  /** Contexts that are made from now on must be the JDK's: another provider's may not ask its trust managers. */
  private static String provider() {
    for (String algorithm : CONTEXTS) {
      Provider[] providers = Security.getProviders("SSLContext." + algorithm);
      boolean known =
          providers != null
              && providers[0].getService("SSLContext", algorithm).getClassName().startsWith("sun.security.ssl.");
      if (!known) {
        return "CONTEXT_PROVIDER_FOREIGN: " + (providers == null ? algorithm : providers[0].getName());
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

  /** What SSLSocketFactory.getDefault() answers; without a name the default context's, which was looked at. */
  private static String socketFactory() {
    String named = Security.getProperty("ssl.SocketFactory.provider");
    return named == null || named.isEmpty() ? null : "SOCKET_FACTORY_FOREIGN: " + named;
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

  /** A trust manager of the application is believed when it asks one of the JDK's that is handled. */
  private String holds(String where, X509TrustManager manager, TrustSet set, Set<X509Certificate> removed)
      throws Throwable {
    boolean ofJdk = Internals.TRUST_MANAGER.isInstance(manager);
    if (ofJdk && quiet && hooks.follows(manager, set)) {
      return null;
    }
    List<Object> reached = hooks.reachedBy(true, manager::getAcceptedIssuers);
    if (reached.isEmpty()) {
      return ofJdk ? "HOOK_SILENT: " + where : where + "_FOREIGN: " + manager.getClass().getName();
    }
    for (Object asked : reached) {
      EffectiveSet effective = hooks.effective(asked);
      if (effective != null) {
        String problem = exactly(where, (X509TrustManager) asked, effective, set);
        return problem != null || ofJdk ? problem : wraps(where, manager, asked, set, removed);
      }
    }
    return where + "_NOT_MANAGED: its trust is the application's own";
  }

  private String exactly(String where, X509TrustManager manager, EffectiveSet effective, TrustSet set) throws Throwable {
    Object server = Internals.serverValidator(manager);
    Object client = Internals.clientValidator(manager);
    List<Object> now = List.of(effective, server, client);
    if (identical(compared.get(manager), now)) {
      return null;
    }
    String problem = exactly(where, Arrays.asList(manager.getAcceptedIssuers()), effective.certs, set);
    problem = problem == null ? exactly(where, Internals.validatorCerts(server), effective.certs, set) : problem;
    problem = problem == null ? exactly(where, Internals.validatorCerts(client), effective.certs, set) : problem;
    if (problem == null) {
      compared.put(manager, now);
    }
    return problem;
  }

  private static String exactly(
      String where, Collection<X509Certificate> certs, Set<X509Certificate> expected, TrustSet set) {
    Set<X509Certificate> found = new HashSet<>(certs);
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

  private String wraps(
      String where, X509TrustManager manager, Object inner, TrustSet set, Set<X509Certificate> removed)
      throws Throwable {
    if (refuses.get(manager) == null) {
      X509Certificate[] chain = {set.marker};
      boolean[] accepts = {!hooks.effective(inner).certs.isEmpty()}; // else the marker stands in, and is accepted
      boolean asks =
          hooks
              .reachedBy(
                  true,
                  () ->
                      accepts[0] &=
                          Probe.SERVER.run(manager, chain)
                              || Probe.SERVER_SOCKET.run(manager, chain)
                              || Probe.SERVER_ENGINE.run(manager, chain))
              .contains(inner);
      refuses.put(manager, asks && !accepts[0]);
    }
    return refuses.get(manager)
        ? contains(where, new HashSet<>(Arrays.asList(manager.getAcceptedIssuers())), set, removed)
        : where + "_TRUSTS_OTHERWISE: " + manager.getClass().getName();
  }

  private static String contains(
      String where, Collection<X509Certificate> found, TrustSet set, Set<X509Certificate> removed) {
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
}
