package io.trustcast.jvm.impl.proof;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Every patched method of a trust manager; with a null chain it ends before anything is validated.
 */
enum Probe {
  ISSUERS,
  CLIENT,
  SERVER,
  CLIENT_SOCKET,
  SERVER_SOCKET,
  CLIENT_ENGINE,
  SERVER_ENGINE;

  private static final String TYPE = "RSA";

  /** Whether the method returned; the JDK's own refuse a null chain. */
  boolean run(X509TrustManager manager, X509Certificate[] chain) {
    X509ExtendedTrustManager extended =
        manager instanceof X509ExtendedTrustManager ? (X509ExtendedTrustManager) manager : null;
    try {
      if (this == ISSUERS) {
        manager.getAcceptedIssuers();
      } else if (this == CLIENT) {
        manager.checkClientTrusted(chain, TYPE);
      } else if (this == SERVER || extended == null) {
        manager.checkServerTrusted(chain, TYPE);
      } else if (this == CLIENT_SOCKET) {
        extended.checkClientTrusted(chain, TYPE, (Socket) null);
      } else if (this == SERVER_SOCKET) {
        extended.checkServerTrusted(chain, TYPE, (Socket) null);
      } else if (this == CLIENT_ENGINE) {
        extended.checkClientTrusted(chain, TYPE, (SSLEngine) null);
      } else {
        extended.checkServerTrusted(chain, TYPE, (SSLEngine) null);
      }
      return true;
    } catch (CertificateException | RuntimeException refused) {
      return false;
    }
  }
}
