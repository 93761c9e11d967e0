package io.trustcast.jvm.impl.session;

import io.trustcast.jvm.impl.platform.Internals;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLSession;

/**
 * Sessions made at or before the epoch are not resumed, because the anchor that they were accepted
 * by may be gone. Kept as the highest wall clock seen: after the clock was set back, older sessions
 * bear later times.
 */
public final class SessionEpoch {
  private final LongSupplier clockMs;
  private final AtomicLong highestMs = new AtomicLong();
  private volatile long epochMs;

  /** Of the last removal that this JVM saw, or 0. */
  private volatile long removedMs;

  public SessionEpoch(long carriedMs, long removedMs, LongSupplier clockMs) {
    this.clockMs = clockMs;
    this.removedMs = removedMs;
    observe(carriedMs);
    raise();
  }

  /** Takes note of the wall clock; answers the highest that was ever seen. */
  public long observe() {
    observe(clockMs.getAsLong());
    return highestMs.get();
  }

  private void observe(long nowMs) {
    if (nowMs > highestMs.get()) {
      highestMs.accumulateAndGet(nowMs, Math::max);
    }
  }

  /** Makes every session made until now unfit for resumption. */
  void raise() {
    epochMs = observe();
  }

  /** Something that was trusted is no longer. */
  public void removed() {
    raise();
    removedMs = epochMs;
  }

  public long removedMs() {
    return removedMs;
  }

  public long epochMs() {
    return epochMs;
  }

  /** Ends the session when it is too old to be resumed. */
  public void apply(SSLSession session) throws Throwable {
    if (session.getCreationTime() <= epochMs && Internals.hasPeerCertificates(session)) {
      session.invalidate();
    }
  }
}
