package io.trustcast.jvm.impl;

import java.net.Socket;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/** Every patched method of a trust manager, called in a way that ends before anything is validated. */
enum Probe {
  ISSUERS,
  CLIENT,
  SERVER,
  CLIENT_SOCKET,
  SERVER_SOCKET,
  CLIENT_ENGINE,
  SERVER_ENGINE;

  /** Whether the method returned; the JDK's own refuse a null chain. */
  boolean run(X509TrustManager manager) {
    X509ExtendedTrustManager extended =
        manager instanceof X509ExtendedTrustManager ? (X509ExtendedTrustManager) manager : null;
    try {
      switch (extended == null && this != ISSUERS && this != CLIENT ? SERVER : this) {
        case ISSUERS:
          manager.getAcceptedIssuers();
          break;
        case CLIENT:
          manager.checkClientTrusted(null, null);
          break;
        case SERVER:
          manager.checkServerTrusted(null, null);
          break;
        case CLIENT_SOCKET:
          extended.checkClientTrusted(null, null, (Socket) null);
          break;
        case SERVER_SOCKET:
          extended.checkServerTrusted(null, null, (Socket) null);
          break;
        case CLIENT_ENGINE:
          extended.checkClientTrusted(null, null, (SSLEngine) null);
          break;
        default:
          extended.checkServerTrusted(null, null, (SSLEngine) null);
      }
      return true;
    } catch (CertificateException | RuntimeException refused) {
      return false;
    }
  }
}
