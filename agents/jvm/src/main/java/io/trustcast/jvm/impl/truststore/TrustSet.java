package io.trustcast.jvm.impl.truststore;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One good version of the truststore file. Immutable, except that what is derived from it is kept.
 */
public final class TrustSet {
  static final String MARKER_ALIAS = "trustcast/marker";
  static final String BASE_PREFIX = "base/";
  private static final int MAX_WITH_OTHERS = 16;

  public final String sha256;
  public final Map<String, X509Certificate> managed;
  public final Set<X509Certificate> managedCerts;
  public final Set<X509Certificate> baseCerts;
  public final X509Certificate marker;
  public final long loadedAtMs;

  // not synchronized: a virtual thread would pin its carrier on JDK 21 to 23
  private final ReentrantLock lock = new ReentrantLock();

  /** Made when a trust manager needs it: most JVMs have one kind only. */
  private volatile EffectiveSet wholeFile;

  /**
   * By identity of the base. Few: a JVM has one default set, and another one when its cacerts
   * change.
   */
  private final List<EffectiveSet> onTopOf = new CopyOnWriteArrayList<>();

  /** By what trust managers hold beside our file. */
  private final List<EffectiveSet> withOthers = new ArrayList<>();

  TrustSet(String sha256, Map<String, X509Certificate> entries, long loadedAtMs)
      throws LoadFailure {
    this.sha256 = sha256;
    this.loadedAtMs = loadedAtMs;
    this.marker = entries.get(MARKER_ALIAS);
    if (marker == null) {
      throw new LoadFailure("MARKER_MISSING", entries.size() + " entries without a marker");
    }
    Map<String, X509Certificate> named = new LinkedHashMap<>();
    Set<X509Certificate> base = new LinkedHashSet<>();
    for (Map.Entry<String, X509Certificate> entry : entries.entrySet()) {
      String alias = entry.getKey();
      if (alias.equals(MARKER_ALIAS)) {
        continue;
      }
      if (entry.getValue().equals(marker)) {
        throw new LoadFailure("MARKER_TWICE", alias);
      }
      if (alias.startsWith(BASE_PREFIX)) {
        base.add(entry.getValue());
      } else {
        named.put(alias, entry.getValue());
      }
    }
    this.managed = Collections.unmodifiableMap(named);
    this.managedCerts = Collections.unmodifiableSet(new LinkedHashSet<>(named.values()));
    this.baseCerts = Collections.unmodifiableSet(base);
  }

  /**
   * The set without these certificates, of which no file of its own exists: it goes on with the
   * digest of the one it was.
   */
  TrustSet less(Set<X509Certificate> gone) throws LoadFailure {
    Map<String, X509Certificate> left = new LinkedHashMap<>();
    left.put(MARKER_ALIAS, marker);
    for (Map.Entry<String, X509Certificate> entry : managed.entrySet()) {
      if (!gone.contains(entry.getValue())) {
        left.put(entry.getKey(), entry.getValue());
      }
    }
    int number = 0;
    for (X509Certificate cert : baseCerts) {
      if (!gone.contains(cert)) {
        left.put(BASE_PREFIX + number++, cert);
      }
    }
    return new TrustSet(sha256, left, loadedAtMs);
  }

  /** For a trust manager that was made from our file. */
  EffectiveSet wholeFile() {
    EffectiveSet made = wholeFile;
    if (made != null) {
      return made;
    }
    lock.lock();
    try {
      if (wholeFile == null) {
        wholeFile = new EffectiveSet(baseCerts, managedCerts, marker);
      }
      return wholeFile;
    } finally {
      lock.unlock();
    }
  }

  /** For a trust manager that was made from our file and more. */
  public EffectiveSet with(Set<X509Certificate> beside) {
    if (beside.isEmpty()) {
      return wholeFile();
    }
    lock.lock();
    try {
      for (EffectiveSet known : withOthers) {
        if (known.base.equals(beside)) {
          return known;
        }
      }
      Set<X509Certificate> file = new LinkedHashSet<>(baseCerts);
      file.addAll(managedCerts);
      EffectiveSet made = new EffectiveSet(beside, file, marker);
      if (withOthers.size() == MAX_WITH_OTHERS) {
        withOthers.remove(0);
      }
      withOthers.add(made);
      return made;
    } finally {
      lock.unlock();
    }
  }

  /** For a default trust manager: what the JVM trusts by itself, and the managed certificates. */
  public EffectiveSet onTopOf(Collection<X509Certificate> own) {
    EffectiveSet known = known(own);
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      EffectiveSet made = known(own);
      if (made == null) {
        made = new EffectiveSet(own, managedCerts, marker);
        onTopOf.add(made);
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  private EffectiveSet known(Collection<X509Certificate> own) {
    for (EffectiveSet known : onTopOf) {
      if (known.base == own) {
        return known;
      }
    }
    return null;
  }

  /** The certificates of this set that the newer one does not have. */
  Set<X509Certificate> without(TrustSet newer) {
    Set<X509Certificate> gone = new HashSet<>();
    for (Set<X509Certificate> certs : List.of(managedCerts, baseCerts)) {
      for (X509Certificate cert : certs) {
        if (!newer.managedCerts.contains(cert) && !newer.baseCerts.contains(cert)) {
          gone.add(cert);
        }
      }
    }
    return gone;
  }

  /** Managed aliases whose certificate the JVM would trust without us. */
  public List<String> alsoIn(Collection<X509Certificate> own) {
    List<String> aliases = new ArrayList<>();
    for (Map.Entry<String, X509Certificate> entry : managed.entrySet()) {
      if (own.contains(entry.getValue())) {
        aliases.add(entry.getKey());
      }
    }
    return aliases;
  }
}
