package io.trustcast.jvm.impl.trust;

import io.trustcast.jvm.impl.platform.Connections;
import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.WeakIdentityMap;
import io.trustcast.jvm.impl.session.OlderConnections;
import io.trustcast.jvm.impl.session.SessionEpoch;
import io.trustcast.jvm.impl.truststore.TruststoreLoader;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509TrustManager;

/**
 * Closes open connections whose peer is no longer trusted, before they send the next time. Opt-in:
 * a request that is not idempotent may see the closed connection as an error.
 */
public final class CutHook {
  private final TruststoreLoader loader;
  private final SessionEpoch epoch;
  private final OlderConnections older;

  /** The epoch after which a connection was found good. */
  private final WeakIdentityMap<Long> checked = new WeakIdentityMap<>();

  public CutHook(TruststoreLoader loader, SessionEpoch epoch, OlderConnections older) {
    this.older = older;
    this.loader = loader;
    this.epoch = epoch;
  }

  public void beforeSend(Object sender) {
    try {
      loader.fresh();
      Object connection = Connections.connection(sender);
      SSLSession session = Connections.session(connection);
      long epochMs = epoch.epochMs();
      if (session == null
          || session.getCreationTime() > epochMs
          || !Internals.hasPeerCertificates(session)) {
        return;
      }
      Long seen = checked.get(connection);
      if (seen != null && seen == epochMs) {
        return;
      }
      if (trusted(connection, session)) {
        older.finished(
            Connections.transport(connection)); // its handshake may have been before the agent came
        checked.put(connection, epochMs);
      } else {
        session.invalidate();
        close(connection);
      }
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static boolean trusted(Object connection, SSLSession session) throws Throwable {
    X509Certificate[] chain = (X509Certificate[]) session.getPeerCertificates();
    X509TrustManager manager = Connections.manager(connection);
    try {
      if (Connections.isClient(connection)) {
        manager.checkServerTrusted(chain, keyExchange(session.getCipherSuite()));
      } else {
        manager.checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
      }
      return true;
    } catch (CertificateException refused) {
      return false;
    }
  }

  /** The authType that the JDK's own handshake passes. */
  static String keyExchange(String cipherSuite) {
    int end = cipherSuite.indexOf("_WITH_");
    return end < 0 ? "UNKNOWN" : cipherSuite.substring(cipherSuite.indexOf('_') + 1, end);
  }

  private static void close(Object connection) throws IOException {
    if (connection instanceof SSLEngine) {
      ((SSLEngine) connection).closeOutbound();
    } else {
      ((SSLSocket) connection).close();
    }
  }
}
