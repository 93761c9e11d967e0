package io.trustcast.jvm.test;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.X509TrustManager;

/** A trust manager that validates by itself, and asks no trust manager of the JDK. */
final class OwnPkix implements X509TrustManager {
  private final PKIXParameters parameters;

  OwnPkix(KeyStore store) throws GeneralSecurityException {
    parameters = new PKIXParameters(store);
    parameters.setRevocationEnabled(false);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    try {
      List<X509Certificate> path = new ArrayList<>(Arrays.asList(chain));
      path.removeAll(Arrays.asList(getAcceptedIssuers()));
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
    } catch (GeneralSecurityException refused) {
      throw new CertificateException("PKIX path refused", refused);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return parameters.getTrustAnchors().stream()
        .map(TrustAnchor::getTrustedCert)
        .toArray(X509Certificate[]::new);
  }
}
