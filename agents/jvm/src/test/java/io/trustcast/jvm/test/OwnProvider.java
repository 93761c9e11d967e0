package io.trustcast.jvm.test;

import java.security.KeyStore;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilderResult;
import java.security.cert.CertPathBuilderSpi;
import java.security.cert.CertPathParameters;
import java.security.cert.CertPathValidatorResult;
import java.security.cert.CertPathValidatorSpi;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactorySpi;

/** Puts something of its own in place of what the JDK's TLS consists of. */
public final class OwnProvider extends Provider {
  private static final long serialVersionUID = 1L;

  private static final Map<String, Class<?>> CLASSES =
      Map.of(
          "SSLContext", Context.class,
          "TrustManagerFactory", Factory.class,
          "CertPathBuilder", Builder.class,
          "CertPathValidator", Validator.class);

  /** Of one service, such as SSLContext.TLS. */
  OwnProvider(String service) {
    super("Own", "1", "another implementation");
    put(service, CLASSES.get(service.split("\\.")[0]).getName());
  }

  /** Accepts every certificate. */
  public static final class Builder extends CertPathBuilderSpi {
    @Override
    public CertPathBuilderResult engineBuild(CertPathParameters parameters) {
      try {
        PKIXBuilderParameters pkix = (PKIXBuilderParameters) parameters;
        Certificate target = ((X509CertSelector) pkix.getTargetCertConstraints()).getCertificate();
        CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(target));
        return new PKIXCertPathBuilderResult(path, anchor(pkix), null, target.getPublicKey());
      } catch (CertificateException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }

  /** Accepts every chain. */
  public static final class Validator extends CertPathValidatorSpi {
    @Override
    public CertPathValidatorResult engineValidate(CertPath path, CertPathParameters parameters) {
      return new PKIXCertPathValidatorResult(
          anchor((PKIXParameters) parameters), null, path.getCertificates().get(0).getPublicKey());
    }
  }

  private static TrustAnchor anchor(PKIXParameters parameters) {
    return parameters.getTrustAnchors().iterator().next();
  }

  /** Never used: who asks for it is not to be LIVE. */
  public static final class Factory extends TrustManagerFactorySpi {
    @Override
    protected void engineInit(KeyStore store) {}

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {}

    @Override
    protected TrustManager[] engineGetTrustManagers() {
      return new TrustManager[0];
    }
  }

  /** Never used: who asks for it is not to be LIVE. */
  public static final class Context extends SSLContextSpi {
    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random) {}

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return null;
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return null;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return null;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return null;
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return null;
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return null;
    }
  }
}
