package io.trustcast.jvm.impl.session;

import io.trustcast.jvm.impl.platform.Connections;
import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.WeakIdentityMap;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSession;

/**
 * Counts the open connections whose peer was accepted before the last removal. They go on until one
 * side closes them. Known are those whose handshake ended after the agent came, and older ones that
 * the cut hook saw; a bounded number.
 */
public final class OlderConnections {
  private static final int MAX = 100_000;

  private final SessionEpoch epoch;
  private final WeakIdentityMap<Boolean> connections = new WeakIdentityMap<>();

  /** Whether there may be connections that are not known. */
  private volatile boolean partial;

  /**
   * With what known() of an earlier implementation in this JVM answered, or null; and whether there
   * may be others.
   */
  public OlderConnections(SessionEpoch epoch, List<?> earlier, boolean partial) {
    this.epoch = epoch;
    this.partial = partial;
    for (Object connection : earlier == null ? List.of() : earlier) {
      finished(connection);
    }
  }

  /** A handshake of this connection has ended. */
  public void finished(Object connection) {
    if (connections.size() < MAX) {
      connections.put(connection, Boolean.TRUE);
    } else {
      partial = true;
    }
  }

  /** Handshakes are not seen in this JDK. */
  public void isBlind() {
    partial = true;
  }

  /** Whether the number is a lower bound. */
  public boolean isPartial() {
    return partial && epoch.removedMs() != 0;
  }

  public List<Object> known() {
    List<Object> known = new ArrayList<>();
    connections.forEachKey(known::add);
    return known;
  }

  /** How many there are, or null when nothing was removed since the agent came. */
  public Integer count() {
    long removedMs = epoch.removedMs();
    if (removedMs == 0) {
      return null;
    }
    int[] count = {0};
    connections.forEachKey(
        connection -> {
          try {
            SSLSession session = Connections.openSession(connection);
            if (session != null
                && session.getCreationTime() <= removedMs
                && Internals.hasPeerCertificates(session)) {
              count[0]++;
            }
          } catch (Throwable unreadable) {
            throw new IllegalStateException(unreadable);
          }
        });
    return count[0];
  }
}
