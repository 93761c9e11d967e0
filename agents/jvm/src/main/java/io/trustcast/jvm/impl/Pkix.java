package io.trustcast.jvm.impl;

import java.security.Provider;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** The PKIX that the JDK's trust managers ask: its own, or that of a provider which the application has put before it. */
final class Pkix {
  private Pkix() {}

  /**
   * Whether another provider's PKIX accepts this certificate, whose key nobody has, under one of the anchors. The JDK's own is
   * not asked: its classes read properties once, which the application may not have set yet.
   */
  static boolean acceptsStrangers(X509Certificate stranger, Collection<X509Certificate> anchors) throws Exception {
    boolean accepts = false;
    for (String service : new String[] {"CertPathBuilder", "CertPathValidator"}) {
      Provider first = Security.getProviders(service + ".PKIX")[0];
      if (!anchors.isEmpty() && !first.getService(service, "PKIX").getClassName().startsWith("sun.security.provider.")) {
        accepts |= accepts(service, stranger, anchors.iterator().next());
      }
    }
    return accepts;
  }

  private static boolean accepts(String service, X509Certificate stranger, X509Certificate anchor) throws Exception {
    X509CertSelector wanted = new X509CertSelector();
    wanted.setCertificate(stranger);
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), wanted);
    parameters.setRevocationEnabled(false);
    try {
      if (service.equals("CertPathBuilder")) {
        CertPathBuilder.getInstance("PKIX").build(parameters);
      } else {
        CertPathValidator.getInstance("PKIX")
            .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(stranger)), parameters);
      }
      return true;
    } catch (CertPathBuilderException | CertPathValidatorException refused) {
      return false;
    }
  }
}
