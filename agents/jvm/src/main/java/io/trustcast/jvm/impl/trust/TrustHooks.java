package io.trustcast.jvm.impl.trust;

import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.Privileged;
import io.trustcast.jvm.impl.platform.WeakIdentityMap;
import io.trustcast.jvm.impl.session.SessionEpoch;
import io.trustcast.jvm.impl.truststore.EffectiveSet;
import io.trustcast.jvm.impl.truststore.History;
import io.trustcast.jvm.impl.truststore.IssuerNames;
import io.trustcast.jvm.impl.truststore.Marker;
import io.trustcast.jvm.impl.truststore.TrustSet;
import io.trustcast.jvm.impl.truststore.TruststoreLoader;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;

/**
 * Gives each of the JDK's trust managers the set that its kind is to have, just before the JDK uses
 * it.
 */
public final class TrustHooks {
  private static final X509Certificate[] NO_ISSUERS = {};
  private static final History.Answer NOTHING = new History.Answer(Set.of(), null);

  private final TruststoreLoader loader;
  private final SessionEpoch epoch;
  private final DefaultSets defaults;
  private final History history;
  private final WeakIdentityMap<ManagerState> states = new WeakIdentityMap<>();
  private volatile IssuerNames issuerNames;
  private volatile boolean stopped;
  private volatile boolean used;
  private volatile ManagerState.Applied lastUsed;

  /**
   * The thread that looks which hooks it reaches, what it reached them with, and whether they then
   * do what they do.
   */
  private volatile Thread probing;

  private final List<Object> reached = new ArrayList<>();
  private boolean acting;

  public TrustHooks(
      TruststoreLoader loader,
      SessionEpoch epoch,
      DefaultSets defaults,
      History history,
      IssuerNames issuerNames) {
    this.loader = loader;
    this.epoch = epoch;
    this.defaults = defaults;
    this.history = history;
    this.issuerNames = issuerNames;
  }

  /** From the next handshake on. */
  public void name(IssuerNames names) {
    issuerNames = names;
  }

  /** The hook before a chain is checked. */
  public void beforeCheck(Object manager) {
    if (acts(manager)) {
      if (!used) {
        used = true;
      }
      if (current(manager) == null && probing != Thread.currentThread()) {
        ManagerState state = states.get(manager);
        if (state != null && state.kind == ManagerState.Kind.OTHER && state.askedBy == null) {
          state.askedBy = OtherTrust.caller();
        }
      }
    }
  }

  /**
   * The hook of getAcceptedIssuers; null leaves the answer to the JDK. Makes no validator: the
   * JDK's class for them reads system properties once, which the application may not have set yet.
   */
  public X509Certificate[] issuers(Object manager) {
    try {
      TrustSet set = acts(manager) ? loader.fresh() : null;
      if (set == null || stopped) {
        return null;
      }
      ManagerState state = state(manager, set);
      if (state.kind == ManagerState.Kind.OTHER) {
        return null;
      }
      EffectiveSet effective = effective(state, set);
      return issuerNames.withholds(effective) ? NO_ISSUERS : effective.issuers();
    } catch (Throwable failure) {
      throw unchecked(failure);
    }
  }

  /**
   * The hook before the JDK asks a session whether it may be resumed; a resumption checks no chain.
   */
  public void beforeResumption(Object session) {
    if (!acts(session)) {
      return;
    }
    try {
      // a client asks at the very start of a handshake: a look of before the rename would let it in
      loader.look();
      epoch.apply((SSLSession) session);
    } catch (Throwable failure) {
      throw unchecked(failure);
    }
  }

  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error) {
      throw (Error) failure;
    }
    return failure instanceof RuntimeException
        ? (RuntimeException) failure
        : new IllegalStateException(failure);
  }

  /** Whether a chain was checked by any trust manager since the hooks came. */
  public boolean used() {
    return used;
  }

  /**
   * The trust managers and sessions that the action brings to a hook on this thread, where the hook
   * does nothing else unless it is to act. For one thread at a time.
   */
  public List<Object> reachedBy(boolean act, Action action) throws Throwable {
    reached.clear();
    acting = act;
    probing = Thread.currentThread();
    try {
      action.run();
    } finally {
      probing = null;
    }
    return new ArrayList<>(reached);
  }

  /** What may fail. */
  public interface Action {
    void run() throws Throwable;
  }

  private boolean acts(Object subject) {
    if (probing != Thread.currentThread()) {
      return true;
    }
    reached.add(subject);
    return acting;
  }

  /**
   * The set that the manager's validators have been given by now, or null when it keeps its own.
   */
  public EffectiveSet effective(Object manager) {
    ManagerState.Applied applied = current(manager);
    return applied == null ? null : applied.effective;
  }

  /** Whether the manager will be given the set before its next check. */
  public boolean follows(Object manager, TrustSet set) throws Throwable {
    return state(manager, set).kind != ManagerState.Kind.OTHER;
  }

  /** Why a trust manager that is alive does not trust what it should, or null. */
  public String problem() {
    for (ManagerState state : states.values()) {
      if (state.problem != null) {
        return state.problem;
      }
    }
    return null;
  }

  /**
   * Why it is not sure what a trust manager that is alive keeps beside our file, or null. Asks the
   * history again.
   */
  public String doubt(TrustSet set) throws Exception {
    String doubt = null;
    for (ManagerState state : states.values()) {
      ManagerState.Beside before = state.beside;
      if (before == null || before.answer.doubt == null) {
        continue;
      }
      Set<X509Certificate> neverOurs = beside(state, set);
      if (!neverOurs.equals(before.answer.neverOurs)) {
        state.applied = null; // its next check gives it less, or more
        lastUsed = null;
      }
      doubt = doubt == null ? state.beside.answer.doubt : doubt;
    }
    return doubt;
  }

  /**
   * Counts the application's own trust managers that are alive and have validated chains, by the
   * class that asked them.
   */
  public Map<String, Integer> validatedByOthers() {
    Map<String, Integer> counts = new TreeMap<>();
    for (ManagerState state : states.values()) {
      if (state.askedBy != null) {
        counts.merge(state.askedBy, 1, Integer::sum);
      }
    }
    return counts;
  }

  /** How many trust managers of the kind are alive. */
  public int count(ManagerState.Kind kind) {
    int count = 0;
    for (ManagerState state : states.values()) {
      count += state.kind == kind ? 1 : 0;
    }
    return count;
  }

  /** Gives every trust manager its own set back. */
  public void stop() {
    stopped = true;
    states.forEachKey(
        manager -> {
          ManagerState state = states.get(manager);
          if (state != null && state.kind != ManagerState.Kind.OTHER) {
            state.lock.lock();
            try {
              set(manager, null, null);
            } finally {
              state.lock.unlock();
            }
          }
        });
  }

  private ManagerState.Applied current(Object manager) {
    try {
      TrustSet set = loader.fresh();
      if (set == null || stopped) {
        return null;
      }
      ManagerState.Applied last = lastUsed;
      if (last != null && last.set == set && holds(manager, last)) {
        return last;
      }
      ManagerState state = state(manager, set);
      if (state.kind == ManagerState.Kind.OTHER) {
        return null;
      }
      ManagerState.Applied applied = state.applied;
      if (applied == null || applied.set != set || !holds(manager, applied)) {
        applied = apply(manager, state, set);
      }
      lastUsed = applied;
      return applied;
    } catch (Throwable failure) {
      throw unchecked(failure);
    }
  }

  /**
   * A thread that was building the JDK's own validator when the agent came may have put it back.
   */
  private static boolean holds(Object manager, ManagerState.Applied applied) throws Throwable {
    return Internals.serverValidator(manager) == applied.server
        && Internals.clientValidator(manager) == applied.client;
  }

  private ManagerState.Applied apply(Object manager, ManagerState state, TrustSet set)
      throws Throwable {
    try {
      ManagerState.Applied applied = give(manager, state, set);
      state.problem = null;
      return applied;
    } catch (Throwable failure) {
      state.problem = "HOOK_ERRORS: a trust manager keeps what it trusted before: " + failure;
      throw failure;
    }
  }

  private ManagerState.Applied give(Object manager, ManagerState state, TrustSet set)
      throws Throwable {
    EffectiveSet effective = effective(state, set);
    Object server = effective.server(manager);
    Object client = effective.client(manager);
    ManagerState.Applied applied = new ManagerState.Applied(set, effective, server, client);
    state.lock.lock();
    try {
      if (stopped) {
        return null;
      }
      if (loader.current() != set
          && state.applied != null
          && state.applied.set == loader.current()) {
        return state.applied; // a thread with a newer set was faster
      }
      Internals.setValidators(manager, server, client);
      state.applied = applied;
      return applied;
    } finally {
      state.lock.unlock();
    }
  }

  private EffectiveSet effective(ManagerState state, TrustSet set) throws Exception {
    return state.kind == ManagerState.Kind.FILE
        ? set.with(beside(state, set))
        : set.onTopOf(state.own);
  }

  /**
   * Certificates that the application put beside ours and that never were ours; what was ours is
   * gone with the file.
   */
  private Set<X509Certificate> beside(ManagerState state, TrustSet set) throws Exception {
    ManagerState.Beside known = state.beside;
    if (known != null && known.set == set && known.answer.doubt == null) {
      return known.answer.neverOurs;
    }
    Set<X509Certificate> removed = loader.removed();
    List<X509Certificate> others = new ArrayList<>();
    for (X509Certificate cert : state.own) {
      boolean ours =
          set.managedCerts.contains(cert)
              || set.baseCerts.contains(cert)
              || Marker.isSame(cert, set.marker);
      if (!ours && !removed.contains(cert)) {
        others.add(cert);
      }
    }
    History.Answer answer =
        others.isEmpty() ? NOTHING : Privileged.call(() -> history.of(others, set));
    state.beside = new ManagerState.Beside(set, answer);
    return answer.neverOurs;
  }

  private ManagerState state(Object manager, TrustSet set) throws Throwable {
    ManagerState state = states.get(manager);
    if (state == null) {
      state = classify(manager, set);
      states.put(manager, state);
    }
    return state;
  }

  private ManagerState classify(Object manager, TrustSet set) throws Throwable {
    Collection<X509Certificate> own = Internals.trustedCerts(manager);
    if (Marker.isIn(own, set.marker)) {
      return new ManagerState(ManagerState.Kind.FILE, own, null);
    }
    Collection<X509Certificate> shared = defaults.match(own);
    return shared == null
        ? new ManagerState(ManagerState.Kind.OTHER, null, foreign(own, set))
        : new ManagerState(ManagerState.Kind.DEFAULT, shared, null);
  }

  /**
   * The file of before belonged to another environment: its trust managers cannot be told from the
   * application's own.
   */
  private static String foreign(Collection<X509Certificate> own, TrustSet set) {
    X500Principal name = set.marker.getSubjectX500Principal();
    boolean marked = own.stream().anyMatch(cert -> cert.getSubjectX500Principal().equals(name));
    return marked ? "MARKER_FOREIGN: a trust manager keeps the file of another environment" : null;
  }

  private static void set(Object manager, Object server, Object client) {
    try {
      Internals.setValidators(manager, server, client);
    } catch (Throwable failure) {
      throw unchecked(failure);
    }
  }
}
