package io.trustcast.jvm.impl;

import io.trustcast.jvm.impl.patch.Patcher;
import io.trustcast.jvm.impl.patch.Patches;
import io.trustcast.jvm.impl.patch.UnexpectedClassException;
import io.trustcast.jvm.impl.platform.Connections;
import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.JdkPackages;
import io.trustcast.jvm.impl.platform.Privileged;
import io.trustcast.jvm.impl.proof.Canary;
import io.trustcast.jvm.impl.proof.OtherStacks;
import io.trustcast.jvm.impl.session.OlderConnections;
import io.trustcast.jvm.impl.session.SessionEpoch;
import io.trustcast.jvm.impl.status.StatusFile;
import io.trustcast.jvm.impl.status.StatusReport;
import io.trustcast.jvm.impl.trust.CutHook;
import io.trustcast.jvm.impl.trust.DefaultSets;
import io.trustcast.jvm.impl.trust.HookErrors;
import io.trustcast.jvm.impl.trust.OtherTrust;
import io.trustcast.jvm.impl.trust.TrustHooks;
import io.trustcast.jvm.impl.truststore.DirectoryWatch;
import io.trustcast.jvm.impl.truststore.History;
import io.trustcast.jvm.impl.truststore.IssuerNames;
import io.trustcast.jvm.impl.truststore.LoadError;
import io.trustcast.jvm.impl.truststore.Marker;
import io.trustcast.jvm.impl.truststore.TrustSet;
import io.trustcast.jvm.impl.truststore.TruststoreLoader;
import java.lang.instrument.Instrumentation;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import sun.security.ssl.TrustcastHook;

/**
 * Ties the parts together: patches, then follows the file on a thread of its own and says what
 * holds.
 */
final class Controller {
  private static final long POLL_MS = 1_000;
  private static final long STARTING_POLL_MS = 50;
  private static final long STARTING_MS = 3_000;
  private static final int ATTEMPTS = 3;
  private static final long HUNG_MS = 500;

  private final Options options;
  private final String via;
  private final SessionEpoch epoch;
  private final CarriedState carried;
  private OlderConnections older;
  private final History history;
  private final HookErrors errors = new HookErrors();
  private final StatusReport status;
  private final TruststoreLoader loader;
  private final DirectoryWatch watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final long startedNs = System.nanoTime();

  private DefaultSets defaults;
  private TrustHooks hooks;
  private Canary canary;
  private OtherStacks otherStacks;
  private Patcher patcher;
  private String unsupported;
  private String outdated;
  private volatile LoadError lastError;
  private long seenFailures;
  private Thread thread;
  private volatile boolean stopped;

  Controller(Options options, String via, Map<String, Object> facts, CarriedState carried) {
    this.options = options;
    this.via = via;
    this.carried = carried;
    this.epoch = new SessionEpoch(carried.epochMs, carried.removedMs, System::currentTimeMillis);
    this.loader =
        new TruststoreLoader(
            options.directory.resolve("truststore.p12"), epoch, carried.loadedTicks);
    this.history = new History(loader.path(), facts.get("bootId"), facts.get("startTicks"));
    this.watch = new DirectoryWatch(options.directory);
    this.status =
        new StatusReport(
            facts,
            StatusFile.of(options.directory.resolve("jvms"), carried.statusName),
            carried.sequence);
  }

  Path directory() {
    return options.directory;
  }

  boolean cuts() {
    return options.cut;
  }

  /** Which names servers send from the next handshake on. */
  void name(IssuerNames names) {
    if (hooks != null) {
      hooks.name(names);
    }
  }

  /**
   * Patches the JDK and starts the thread; after this the JVM is either handled or reported
   * UNSUPPORTED.
   */
  void start(Instrumentation instrumentation) {
    if (options.problem != null) {
      note("BAD_OPTIONS: " + options.problem);
    }
    older = new OlderConnections(epoch, carried.connections, hasConnected(instrumentation));
    try {
      JdkPackages.open(instrumentation);
      defaults = new DefaultSets(carried.defaults);
      IssuerNames names = options.issuers == null ? IssuerNames.AUTO : options.issuers;
      hooks = new TrustHooks(loader, epoch, defaults, history, names);
      canary = new Canary(hooks, defaults);
      otherStacks = new OtherStacks(instrumentation, epoch, carried.aloneMs);
      Internals.HOOK.getName(); // defines it, before a patched method or this class may need it
      if (options.cut) {
        Connections.require();
      }
      patcher = patched(instrumentation);
      seenFailures = TrustcastHook.failures.sum(); // counted over the life of the JVM
      TrustcastHook.issuers = errors.guarded(hooks::issuers);
      TrustcastHook.resume = errors.guard(hooks::beforeResumption);
      TrustcastHook.check = errors.guard(hooks::beforeCheck);
      CutHook cutting = options.cut ? new CutHook(loader, epoch, older) : null;
      TrustcastHook.send =
          errors.guard(
              sender -> {
                if (Connections.isTransport(sender)) {
                  older.finished(sender);
                } else if (cutting != null) {
                  cutting.beforeSend(sender);
                }
              });
    } catch (Throwable refused) {
      hooks = null;
      unsupported = "UNSUPPORTED_JDK: " + refused;
    }
    thread = new Thread(null, this::run, "trustcast", 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    thread.start();
  }

  /** What counts connections is done without where a JDK has it otherwise. */
  private Patcher patched(Instrumentation instrumentation) throws Exception {
    try {
      Connections.require();
      Patcher patching = new Patcher(instrumentation, Patches.all(options.cut, true));
      patching.install();
      return patching;
    } catch (UnexpectedClassException | LinkageError otherwise) {
      Patcher patching = new Patcher(instrumentation, Patches.all(options.cut, false));
      patching.install();
      older.isBlind();
      return patching;
    }
  }

  /**
   * Whether this JVM may have made TLS connections before the hooks came, also between two releases
   * of the agent.
   */
  private static boolean hasConnected(Instrumentation instrumentation) {
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      if (loaded.getName().equals(Connections.TRANSPORT_NAME)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Something that is not about the file, for the next tick to report: a caller may be the JVM's
   * attach listener.
   */
  void note(String message) {
    lastError = new LoadError(message);
  }

  /**
   * Takes the hooks out of the JVM, and answers what the next implementation goes on with. A tick
   * that hangs in the application is not waited for: this runs on the JVM's attach listener, which
   * serves others too.
   */
  CarriedState stop(String statusName) throws Exception {
    stopped = true;
    watch.close();
    boolean locked = lock.tryLock(HUNG_MS, TimeUnit.MILLISECONDS);
    try {
      TrustcastHook.check = null;
      TrustcastHook.issuers = null;
      TrustcastHook.resume = null;
      TrustcastHook.send = null;
      if (patcher != null) {
        patcher.remove();
      }
      if (hooks != null) {
        hooks.stop();
      }
      return new CarriedState(
          epoch.epochMs(),
          statusName,
          status.sequence(),
          hooks == null ? 0 : otherStacks.aloneMs(),
          outdated,
          hooks == null ? null : defaults.known(),
          epoch.removedMs(),
          older.known(),
          loader.loadedTicks());
    } finally {
      if (locked) {
        lock.unlock();
      }
    }
  }

  /**
   * Removes the status file; nothing is written after it. A thread that hangs in the application is
   * not waited for.
   */
  void withdraw() throws Exception {
    stopped = true;
    boolean locked = lock.tryLock(HUNG_MS, TimeUnit.MILLISECONDS);
    try {
      Privileged.call(
          () -> {
            status.delete();
            return null;
          });
    } finally {
      if (locked) {
        lock.unlock();
      }
    }
  }

  private void run() {
    lookBack();
    while (!stopped) {
      try {
        tick();
        watch.await(starting() ? STARTING_POLL_MS : POLL_MS);
      } catch (Throwable failure) {
        lastError = new LoadError("AGENT_ERROR: " + failure);
        pause();
      }
    }
  }

  /** What the application did before the agent came. */
  private void lookBack() {
    outdated = carried.outdated;
    try {
      if (hooks != null && carried.defaults == null) {
        otherStacks.found(null);
        outdated =
            Internals.hasDefaults()
                ? Privileged.call(() -> DefaultSets.outdated(loader.path()))
                : null;
      }
    } catch (Throwable failure) {
      outdated = "AGENT_ERROR: " + failure;
    }
  }

  private void pause() {
    try {
      Thread.sleep(POLL_MS);
    } catch (InterruptedException ignored) {
      Thread.interrupted();
    }
  }

  private void tick() {
    lock.lock();
    try {
      if (!stopped) {
        epoch.observe();
        if (hooks != null) {
          loader.load();
        }
        Privileged.call(
            () -> {
              say();
              return null;
            });
      }
    } catch (Exception unwritable) {
      lastError = new LoadError("STATUS_UNWRITABLE: " + unwritable);
    } finally {
      lock.unlock();
    }
  }

  /**
   * State and set belong together: a handshake may load the next set while the canary looks at this
   * one.
   */
  private void say() throws Exception {
    TrustSet set;
    StatusReport.Claim state;
    int attempt = 0;
    do {
      set = loader.current();
      state = state(set);
    } while (set != loader.current() && ++attempt < ATTEMPTS);
    if (stopped) {
      return; // meanwhile, if the canary hung in the application
    }
    status.say(
        state,
        set,
        hooks == null ? null : loader,
        patched(),
        alsoInBase(set),
        otherTrust(),
        hooks,
        older);
  }

  private StatusReport.Claim state(TrustSet set) throws Exception {
    if (unsupported != null) {
      return new StatusReport.Claim("UNSUPPORTED", unsupported, lastError);
    }
    LoadError error = loader.error();
    if (error != null) {
      lastError = error;
      return new StatusReport.Claim("FAILED", error.message, lastError);
    }
    long failures = TrustcastHook.failures.sum();
    if (failures > seenFailures) {
      seenFailures = failures;
      lastError = errors.first() == null ? lastError : errors.first();
      String first = errors.first() == null ? "" : ", first " + errors.first().message;
      return new StatusReport.Claim("FAILED", "HOOK_ERRORS: " + failures + first, lastError);
    }
    String kept = hooks.problem();
    if (kept != null) {
      return new StatusReport.Claim("FAILED", kept, lastError);
    }
    if (starting()) {
      defaults.follow();
      return new StatusReport.Claim(
          "LOADED", "STARTING: the application has not used TLS yet", lastError);
    }
    String problem = canary.problem(set, loader.removed());
    problem = problem == null ? outdated : problem;
    problem = problem == null ? hooks.doubt(set) : problem;
    problem = problem == null ? history.problem(set, loader.loadedTicks()) : problem;
    if (problem != null) {
      return new StatusReport.Claim("LOADED", problem, lastError);
    }
    String stacks = otherStacks.found(set);
    return new StatusReport.Claim(otherStacks.mayResume() ? "LOADED" : "LIVE", stacks, lastError);
  }

  /**
   * The canary initialises the JDK's logger of TLS and loads its providers. An application that
   * sets properties for them in main() comes first.
   */
  private boolean starting() {
    if (!via.equals("premain") || hooks == null || hooks.used()) {
      return false;
    }
    return System.nanoTime() - startedNs < STARTING_MS * 1_000_000;
  }

  private List<Map<String, Object>> otherTrust() {
    if (hooks == null) {
      return List.of();
    }
    List<Map<String, Object>> other = new ArrayList<>(otherStacks.judging());
    hooks
        .validatedByOthers()
        .forEach((name, count) -> other.add(OtherTrust.of(OtherTrust.OWN_TRUSTSTORE, name, count)));
    return other;
  }

  private List<String> patched() {
    return patcher == null ? List.of() : patcher.patched();
  }

  private List<String> alsoInBase(TrustSet set) {
    Collection<X509Certificate> own = set == null ? null : defaults.current();
    if (own == null) {
      return List.of();
    }
    return set.alsoIn(Marker.isIn(own, set.marker) ? set.baseCerts : own);
  }
}
