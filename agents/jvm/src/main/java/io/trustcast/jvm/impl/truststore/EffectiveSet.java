package io.trustcast.jvm.impl.truststore;

import io.trustcast.jvm.impl.platform.Internals;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a kind of trust manager trusts now, with the JDK validators for it, shared by all managers
 * of the kind.
 */
public final class EffectiveSet {
  private static final String CLIENT = "tls client";
  private static final String SERVER = "tls server";

  /** The collection that the managed certificates were added to; compared by identity. */
  final Collection<X509Certificate> base;

  /** Exactly the anchors. */
  public final Set<X509Certificate> certs;

  /**
   * Never empty, because PKIX parameters refuse an empty set: then the marker, whose key nobody
   * has, stands in.
   */
  private final Set<X509Certificate> anchors;

  private final X509Certificate[] issuers;

  /** Of the names of all; -1 until somebody asks, because it takes memory for each. */
  private volatile long nameBytes = -1;

  private final Map<String, Object> validators = new ConcurrentHashMap<>();
  // threads that need the same validator wait for the first of them; not synchronized, for virtual
  // threads
  private final ReentrantLock lock = new ReentrantLock();

  EffectiveSet(
      Collection<X509Certificate> base, Set<X509Certificate> managed, X509Certificate marker) {
    this.base = base;
    Set<X509Certificate> union = new LinkedHashSet<>(base);
    union.addAll(managed);
    union.remove(marker);
    this.certs = Collections.unmodifiableSet(union);
    this.anchors =
        union.isEmpty() ? Set.of(marker) : union; // without a wrapper: every check asks it
    this.issuers = union.toArray(new X509Certificate[0]);
  }

  public X509Certificate[] issuers() {
    return issuers.clone();
  }

  long nameBytes() {
    long known = nameBytes;
    if (known < 0) {
      nameBytes = known = IssuerNames.bytes(certs);
    }
    return known;
  }

  public Object server(Object manager) throws Throwable {
    return validator(manager, SERVER);
  }

  public Object client(Object manager) throws Throwable {
    return validator(manager, CLIENT);
  }

  private Object validator(Object manager, String variant) throws Throwable {
    // Validator compares variants by identity with interned constants, as these literals are
    String type = Internals.validatorType(manager);
    PKIXBuilderParameters own = Internals.parameters(manager);
    if (own != null) {
      return Internals.validator(type, variant, withAnchors(own));
    }
    String key = type + '/' + variant;
    Object known = validators.get(key);
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      Object made = validators.get(key);
      if (made == null) {
        made = Internals.validator(type, variant, anchors);
        validators.put(key, made);
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  private PKIXBuilderParameters withAnchors(PKIXBuilderParameters own) throws Exception {
    Set<TrustAnchor> merged = new HashSet<>();
    for (TrustAnchor anchor : own.getTrustAnchors()) {
      if (anchor.getTrustedCert() == null) {
        merged.add(anchor); // a bare name and key: the application's own
      }
    }
    for (X509Certificate cert : anchors) {
      merged.add(new TrustAnchor(cert, null));
    }
    PKIXBuilderParameters parameters = (PKIXBuilderParameters) own.clone();
    parameters.setTrustAnchors(merged);
    return parameters;
  }
}
