package io.trustcast.jvm.impl.proof;

import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.WeakIdentityMap;
import io.trustcast.jvm.impl.trust.DefaultSets;
import io.trustcast.jvm.impl.trust.TrustHooks;
import io.trustcast.jvm.impl.truststore.EffectiveSet;
import io.trustcast.jvm.impl.truststore.Marker;
import io.trustcast.jvm.impl.truststore.TrustSet;
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
 * Proves that the JVM's default trust really is the loaded set: a claim of LIVE that rested on the
 * patches alone would be false when the application has put its own trust in their place, or
 * another agent has undone the patches.
 */
public final class Canary {
  /**
   * What applications ask for by name; made by the JDK, or by another provider that may not ask its
   * trust managers.
   */
  private static final String[] SERVICES = {
    "SSLContext.Default",
    "SSLContext.SSL",
    "SSLContext.DTLS",
    "SSLContext.TLS",
    "SSLContext.TLSv1.2",
    "SSLContext.TLSv1.3",
    "TrustManagerFactory.PKIX",
    "TrustManagerFactory.SunX509",
    "TrustManagerFactory.X509",
  };

  private static final String[] NAMED = {
    "ssl.SocketFactory.provider", "ssl.ServerSocketFactory.provider"
  };

  private final TrustHooks hooks;
  private final DefaultSets defaults;

  /** What the fresh trust manager depends on; compared by identity. */
  private List<Object> madeIn;

  private X509TrustManager fresh;

  /**
   * As long as no chain was checked in this JVM: then nothing is asked that initialises the JDK's
   * classes for it, which read system and security properties once, before the application may have
   * set them.
   */
  private boolean quiet;

  /**
   * By trust manager of the JDK: the effective set and the validators that were compared in full.
   */
  private final WeakIdentityMap<List<Object>> compared = new WeakIdentityMap<>();

  /**
   * By trust manager of the application: whether it asks the JDK's of the marker, whose key nobody
   * has, and refuses it. Asked once, because it may log what it is asked.
   */
  private final WeakIdentityMap<Boolean> refuses = new WeakIdentityMap<>();

  public Canary(TrustHooks hooks, DefaultSets defaults) {
    this.hooks = hooks;
    this.defaults = defaults;
  }

  /**
   * Answers null when everything holds, else a stable code and what was found. Cheap when nothing
   * has changed since it held last.
   */
  public String problem(TrustSet set, Set<X509Certificate> removed) {
    try {
      Set<X509Certificate> now = defaults.refresh();
      if (now == null) {
        return "DEFAULT_TRUSTSTORE_UNREADABLE: " + defaults.failure();
      }
      quiet = !hooks.used() && !Internals.hasValidated();
      String problem = problemInFactory(now, set, removed);
      if (problem == null && !quiet && hooks.reachedBy(true, Internals::askRejoinable).isEmpty()) {
        problem = "HOOK_SILENT: SESSION";
      }
      if (problem == null) {
        problem = problemInProviders();
      }
      if (problem == null) {
        problem = problemInContext(set, removed);
      }
      if (problem == null) {
        problem = problemInUrlConnections(set, removed);
      }
      return problem == null ? problemInSocketFactory() : problem;
    } catch (Throwable failure) {
      return "CANARY_FAILED: " + failure;
    }
  }

  private String problemInFactory(
      Set<X509Certificate> now, TrustSet set, Set<X509Certificate> removed) throws Throwable {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    List<Object> circumstances = List.of(set, now, factory.getAlgorithm(), factory.getProvider());
    if (!identical(madeIn, circumstances)) {
      fresh = made(factory);
      madeIn = circumstances;
    }
    if (!Internals.TRUST_MANAGER.isInstance(fresh)) {
      return "DEFAULT_FACTORY_FOREIGN: "
          + (fresh == null ? factory.getAlgorithm() : fresh.getClass().getName());
    }
    boolean[] accepts = {false};
    for (Probe probe : Probe.values()) {
      if (hooks
          .reachedBy(!quiet, () -> accepts[0] |= probe.run(fresh, null) && probe != Probe.ISSUERS)
          .isEmpty()) {
        return "HOOK_SILENT: " + probe;
      }
    }
    String problem = problemInManager("DEFAULT_FACTORY", fresh, set, removed);
    return problem == null && (accepts[0] || acceptsStrangers(now, set))
        ? "DEFAULT_FACTORY_TRUSTS_OTHERWISE"
        : problem;
  }

  /**
   * What a trust manager of the JDK does may be changed by another agent, and what it asks by
   * another provider.
   */
  private boolean acceptsStrangers(Set<X509Certificate> now, TrustSet set) throws Exception {
    if (quiet) {
      return Pkix.acceptsStrangers(set.marker, now);
    }
    Set<X509Certificate> anchors = hooks.effective(fresh).certs;
    return !anchors.isEmpty() // else the marker stands in, and is accepted
        && (Probe.SERVER.run(fresh, new X509Certificate[] {set.marker})
            || Pkix.acceptsStrangers(set.marker, anchors));
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

  /** Contexts and trust managers that are made from now on. */
  private static String problemInProviders() {
    for (String service : SERVICES) {
      Provider[] providers = Security.getProviders(service);
      String[] named = service.split("\\.", 2);
      boolean known =
          providers != null
              && providers[0]
                  .getService(named[0], named[1])
                  .getClassName()
                  .startsWith("sun.security.ssl.");
      if (!known) {
        return "PROVIDER_FOREIGN: "
            + service
            + (providers == null ? "" : " of " + providers[0].getName());
      }
    }
    return null;
  }

  private String problemInContext(TrustSet set, Set<X509Certificate> removed) throws Throwable {
    SSLContext context = Internals.defaultContext();
    if (context != null) {
      Object manager = Internals.managerOf(context);
      manager = manager == null ? Inside.managerOf(context) : manager;
      if (manager == Inside.UNTRIED) {
        return "DEFAULT_CONTEXT_UNTRIED: " + Internals.spiOf(context).getClass().getName();
      }
      return manager instanceof X509TrustManager
          ? problemInManager("DEFAULT_CONTEXT", (X509TrustManager) manager, set, removed)
          : "DEFAULT_CONTEXT_FOREIGN: " + context.getProvider().getName();
    }
    Object failed = Internals.defaultContextFailure();
    if (failed != null) {
      return "DEFAULT_CONTEXT_BROKEN: " + failed;
    }
    TrustManager[] managers = Internals.defaultManagers();
    return managers == null || managers.length == 0
        ? null // the JDK will make it from a manager like the fresh one
        : problemInManager("DEFAULT_CONTEXT", (X509TrustManager) managers[0], set, removed);
  }

  /**
   * What getDefault() of the socket factories answers; without a name the default context's, which
   * was looked at.
   */
  private static String problemInSocketFactory() throws Throwable {
    for (String property : NAMED) {
      String name = Security.getProperty(property);
      if (name != null && !name.isEmpty()) {
        return "SOCKET_FACTORY_FOREIGN: " + name;
      }
    }
    Object factory = Internals.namedFactory();
    return factory == null ? null : "SOCKET_FACTORY_FOREIGN: " + factory.getClass().getName();
  }

  private String problemInUrlConnections(TrustSet set, Set<X509Certificate> removed)
      throws Throwable {
    SSLSocketFactory factory = Internals.urlConnectionFactory();
    if (factory == null) {
      return null;
    }
    Object manager = Internals.managerOf(factory);
    manager = manager == null ? Inside.managerOf(factory) : manager;
    if (manager == Inside.UNTRIED) {
      return "URL_CONNECTION_FACTORY_UNTRIED: " + factory.getClass().getName();
    }
    if (!(manager instanceof X509TrustManager)) {
      return "URL_CONNECTION_FACTORY_FOREIGN: " + factory.getClass().getName();
    }
    return problemInManager("URL_CONNECTION_FACTORY", (X509TrustManager) manager, set, removed);
  }

  /**
   * A trust manager of the application is believed when it asks one of the JDK's that is handled.
   */
  private String problemInManager(
      String where, X509TrustManager manager, TrustSet set, Set<X509Certificate> removed)
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
      if (quiet && hooks.follows(asked, set)) {
        return where
            + "_UNTRIED: "
            + manager.getClass().getName(); // what it does with an answer shows when it is asked
      }
      EffectiveSet effective = quiet ? null : hooks.effective(asked);
      if (effective != null) {
        String problem = problemInHandled(where, (X509TrustManager) asked, effective, set);
        return problem != null || ofJdk
            ? problem
            : problemInWrapper(where, manager, asked, set, removed);
      }
    }
    return where + "_NOT_MANAGED: its trust is the application's own";
  }

  private String problemInHandled(
      String where, X509TrustManager manager, EffectiveSet effective, TrustSet set)
      throws Throwable {
    Object server = Internals.serverValidator(manager);
    Object client = Internals.clientValidator(manager);
    List<Object> now = List.of(effective, server, client);
    if (identical(compared.get(manager), now)) {
      return null;
    }
    String problem =
        problemInSet(where, Arrays.asList(manager.getAcceptedIssuers()), effective.certs, set);
    problem =
        problem == null
            ? problemInSet(where, Internals.validatorCerts(server), effective.certs, set)
            : problem;
    problem =
        problem == null
            ? problemInSet(where, Internals.validatorCerts(client), effective.certs, set)
            : problem;
    if (problem == null) {
      compared.put(manager, now);
    }
    return problem;
  }

  private static String problemInSet(
      String where,
      Collection<X509Certificate> certs,
      Set<X509Certificate> expected,
      TrustSet set) {
    Set<X509Certificate> found = new HashSet<>(certs);
    for (X509Certificate cert : found) {
      if (!expected.contains(cert) && !Marker.isSame(cert, set.marker)) {
        return where + "_KEEPS: " + cert.getSubjectX500Principal();
      }
    }
    if (!found.containsAll(expected)) {
      return where + "_LACKS: " + (expected.size() - found.size()) + " of " + expected.size();
    }
    return problemInEntries(where, found, set, Set.of());
  }

  private String problemInWrapper(
      String where,
      X509TrustManager manager,
      Object inner,
      TrustSet set,
      Set<X509Certificate> removed)
      throws Throwable {
    if (refuses.get(manager) == null) {
      X509Certificate[] chain = {set.marker};
      boolean[] accepts = {
        !hooks.effective(inner).certs.isEmpty()
      }; // else the marker stands in, and is accepted
      boolean asks =
          hooks
              .reachedBy(
                  true,
                  () ->
                      accepts[0] &=
                          Arrays.stream(Probe.values())
                              .anyMatch(
                                  probe -> probe != Probe.ISSUERS && probe.run(manager, chain)))
              .contains(inner);
      refuses.put(manager, asks && !accepts[0]);
    }
    return refuses.get(manager)
        ? problemInEntries(
            where, new HashSet<>(Arrays.asList(manager.getAcceptedIssuers())), set, removed)
        : where + "_TRUSTS_OTHERWISE: " + manager.getClass().getName();
  }

  private static String problemInEntries(
      String where, Collection<X509Certificate> found, TrustSet set, Set<X509Certificate> removed) {
    for (Map.Entry<String, X509Certificate> entry : set.managed.entrySet()) {
      if (!found.contains(entry.getValue())) {
        return where + "_LACKS: " + entry.getKey();
      }
    }
    for (X509Certificate cert : removed) {
      if (!set.managedCerts.contains(cert)
          && !set.baseCerts.contains(cert)
          && found.contains(cert)) {
        return where + "_KEEPS: " + cert.getSubjectX500Principal();
      }
    }
    return null;
  }
}
