package io.trustcast.jvm.impl.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Prints the session epochs of a JVM whose clock is set back: at install, after a removal, and
 * carried to an upgrade.
 */
public final class ClockSetBack {
  private ClockSetBack() {}

  public static void main(String[] args) {
    AtomicLong clockMs = new AtomicLong(1_000);
    SessionEpoch epoch = new SessionEpoch(0, 0, clockMs::get);
    long installed = epoch.epochMs();
    clockMs.set(5_000);
    epoch.observe(); // a handshake, whose session bears this time
    clockMs.set(2_000);
    epoch.raise();
    long removed = epoch.epochMs();
    clockMs.set(1_500);
    long carried = new SessionEpoch(removed, 0, clockMs::get).epochMs();
    System.out.println(installed + " " + removed + " " + carried);
  }
}
