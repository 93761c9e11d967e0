package io.trustcast.jvm.test;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/** Trust managers that applications write themselves. */
final class OwnManagers {
  private OwnManagers() {}

  /** The kind, and after a colon the truststore file; without one the JVM's default. */
  static X509TrustManager make(String kind) throws Exception {
    String[] parts = kind.split(":", 2);
    String file = parts.length > 1 ? parts[1] : null;
    switch (parts[0]) {
      case "own-pkix":
        return new OwnPkix(Clients.load(file));
      case "trust-all":
        return new Wrapper(null, false);
      case "wrapper":
        return new Wrapper((X509TrustManager) Clients.managers("PKIX", file)[0], true);
      case "lenient-wrapper":
        return new Wrapper((X509TrustManager) Clients.managers("PKIX", file)[0], false);
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  /** Stands in front of a trust manager of the JDK, and may forget to ask it. */
  private static final class Wrapper implements X509TrustManager {
    private final X509TrustManager inner;
    private final boolean asks;

    Wrapper(X509TrustManager inner, boolean asks) {
      this.inner = inner;
      this.asks = asks;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
      if (asks) {
        inner.checkClientTrusted(chain, authType);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
      if (asks) {
        inner.checkServerTrusted(chain, authType);
      }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return inner == null ? new X509Certificate[0] : inner.getAcceptedIssuers();
    }
  }
}
