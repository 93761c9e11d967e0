package io.trustcast.jvm.impl.proof;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * The PKIX that the JDK's trust managers ask: its own, or that of a provider which the application
 * has put before it.
 */
final class Pkix {
  private Pkix() {}

  /**
   * Whether another provider's PKIX accepts this certificate, whose key nobody has, under one of
   * the anchors. The JDK's own is not asked: its classes read properties once, which the
   * application may not have set yet.
   */
  static boolean acceptsStrangers(X509Certificate stranger, Collection<X509Certificate> anchors)
      throws Exception {
    CertPathBuilder builder = CertPathBuilder.getInstance("PKIX");
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    boolean builds = foreign("CertPathBuilder", builder.getProvider());
    boolean validates = foreign("CertPathValidator", validator.getProvider());
    if (anchors.isEmpty() || !builds && !validates) {
      return false;
    }
    X509CertSelector wanted = new X509CertSelector();
    wanted.setCertificate(stranger);
    TrustAnchor anchor = new TrustAnchor(anchors.iterator().next(), null);
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(anchor), wanted);
    parameters.setRevocationEnabled(false);
    CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(stranger));
    return builds && accepts(() -> builder.build(parameters))
        || validates && accepts(() -> validator.validate(path, parameters));
  }

  private static boolean foreign(String service, Provider provider) {
    return !provider
        .getService(service, "PKIX")
        .getClassName()
        .startsWith("sun.security.provider.");
  }

  private static boolean accepts(Callable<?> check) throws Exception {
    try {
      check.call();
      return true;
    } catch (GeneralSecurityException refused) {
      return false;
    }
  }
}
