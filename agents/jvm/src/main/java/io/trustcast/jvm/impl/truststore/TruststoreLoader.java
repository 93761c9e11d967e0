package io.trustcast.jvm.impl.truststore;

import io.trustcast.jvm.impl.platform.Privileged;
import io.trustcast.jvm.impl.platform.ProcessFacts;
import io.trustcast.jvm.impl.session.SessionEpoch;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the last good set of the truststore file. Handshake threads and the agent's thread both
 * come here; the first one that sees a changed file loads it and the others wait, because a
 * handshake after the rename must see the new set.
 */
public final class TruststoreLoader {
  /**
   * How long a look at the file is good for. A handshake takes longer from its first byte to the
   * check of a chain (0.9 ms with TLS 1.3, 0.34 ms with the shortest of TLS 1.2, measured), so one
   * that begins after the rename still looks after it. A stat for every check costs a tenth to a
   * fifth of the check.
   */
  private static final long LOOK_NS = 200_000;

  /** What is remembered of earlier removals, beside all of the last one. */
  private static final int MAX_REMOVED = 256;

  private final Path path;
  private final File file;
  private final SessionEpoch epoch;
  private final PlainPkcs12 fast = new PlainPkcs12();
  // not synchronized: a virtual thread would pin its carrier on JDK 21 to 23
  private final ReentrantLock lock = new ReentrantLock();

  private volatile TrustSet current;
  private volatile FileStamp stamp;

  /** Of the file that the heap had no room for. */
  private FileStamp tooLarge;

  /** Whether that file has lost something which this JVM still trusts, or may have. */
  private boolean owesRemovals;

  private volatile long seenModifiedMs = -1;
  private volatile long lookedNs = System.nanoTime() - LOOK_NS;
  private volatile LoadError error;
  private volatile long loadedTicks;
  private volatile Set<X509Certificate> removed = Set.of();

  /** With the ticks at which an earlier implementation in this JVM loaded it first, or 0. */
  public TruststoreLoader(Path path, SessionEpoch epoch, long loadedTicks) {
    this.loadedTicks = loadedTicks;
    this.path = path;
    this.file = path.toFile();
    this.epoch = epoch;
  }

  /** The last good set, or null before the first one. */
  public TrustSet current() {
    return current;
  }

  /** What removals took away, and may have come back since. */
  public Set<X509Certificate> removed() {
    return removed;
  }

  /** When a set was loaded for the first time, in ticks of this boot. */
  public long loadedTicks() {
    return loadedTicks;
  }

  /** What went wrong at the last attempt, or null when it was good. */
  public LoadError error() {
    return error;
  }

  /** The file as it was at the last attempt; null before the first. */
  public FileStamp stamp() {
    return stamp;
  }

  public Path path() {
    return path;
  }

  /** The check of the hot path: the set of the file as it is, or was less than a look ago. */
  public TrustSet fresh() throws Exception {
    long nowNs = System.nanoTime();
    if (nowNs - lookedNs >= LOOK_NS) {
      look();
      lookedNs = nowNs; // after the load: until then the others come to its lock and wait
    }
    return current;
  }

  /** Notes the clock, and loads when the modification time is another one. */
  public void look() throws Exception {
    epoch.observe();
    long modifiedMs =
        Privileged.managed() ? Privileged.call(file::lastModified) : file.lastModified();
    if (modifiedMs != seenModifiedMs && !lock.isHeldByCurrentThread()) {
      load();
    }
  }

  /** Loads the file if anything about it has changed since the last attempt. */
  public void load() throws Exception {
    lock.lock();
    try {
      Privileged.call(
          () -> {
            loadChanged();
            return null;
          });
    } finally {
      lock.unlock();
    }
  }

  private void loadChanged() {
    try {
      FileStamp now = FileStamp.of(path);
      if (now.equals(stamp)) {
        seenModifiedMs = now.modifiedMs;
        return;
      }
      if (now.equals(tooLarge) && !owesRemovals && !Heap.hasRoom()) {
        seenModifiedMs = now.modifiedMs;
        return;
      }
      stamp = now;
      TruststoreFile.Content content = TruststoreFile.read(path, fast);
      stamp = content.stamp;
      use(content.set);
      tooLarge = null;
      owesRemovals = false;
      error = null;
    } catch (LoadFailure failure) {
      owesRemovals = false;
      String removals = failure.tellsRemovals() ? removals() : "";
      boolean tooSmall = failure.code.equals(Heap.TOO_SMALL);
      tooLarge = tooSmall ? stamp : null;
      if (tooSmall || owesRemovals) {
        stamp = null; // the application may let go of something
      }
      error = new LoadError(failure.getMessage() + removals, failure.aliases);
    } catch (IOException | RuntimeException | Error failure) {
      stamp = null; // it may pass: the next poll tries again, handshakes wait for a change
      owesRemovals = false;
      error =
          new LoadError(
              "FILE_UNREADABLE: "
                  + failure
                  + (failure instanceof OutOfMemoryError ? removals() : ""));
    }
    // after the set: a thread that sees this time takes the set without the lock
    seenModifiedMs = stamp == null ? Math.max(0, file.lastModified()) : stamp.modifiedMs;
  }

  /**
   * What a file that cannot be loaded as a whole no longer has is trusted no more. Answers what
   * becomes of it.
   */
  private String removals() {
    TrustSet before = current;
    if (before == null) {
      return "";
    }
    owesRemovals = !Heap.hasRoomForLess(before.managedCerts.size() + before.baseCerts.size());
    if (owesRemovals) {
      return "; removals are not applied";
    }
    try {
      Set<X509Certificate> gone = TruststoreFile.gone(path, before);
      if (gone == null) {
        return "; removals are not applied";
      }
      if (!gone.isEmpty()) {
        use(before.less(gone));
      }
      return "; removals are applied";
    } catch (IOException | LoadFailure | RuntimeException | Error failure) {
      owesRemovals = true;
      return "; removals are not applied: " + failure;
    }
  }

  private void use(TrustSet loaded) throws LoadFailure {
    TrustSet before = current;
    if (before != null && !Marker.isSame(before.marker, loaded.marker)) {
      throw new LoadFailure("MARKER_FOREIGN", "the file belongs to another environment");
    }
    loadedTicks = loadedTicks == 0 ? ProcessFacts.nowTicks() : loadedTicks;
    current = loaded;
    Set<X509Certificate> gone = before == null ? Set.of() : before.without(loaded);
    if (!gone.isEmpty()) {
      epoch.removed(); // after the set: a session made in between is older than the epoch
      removed = latest(removed, gone);
    }
  }

  private static Set<X509Certificate> latest(
      Set<X509Certificate> earlier, Set<X509Certificate> gone) {
    Set<X509Certificate> latest = new LinkedHashSet<>(gone);
    for (X509Certificate cert : earlier) {
      if (latest.size() < MAX_REMOVED) {
        latest.add(cert);
      }
    }
    return latest;
  }
}
