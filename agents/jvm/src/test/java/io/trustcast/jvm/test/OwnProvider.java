package io.trustcast.jvm.test;

import java.security.Provider;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/** Another TLS implementation, which has contexts of its own and no trust managers. */
public final class OwnProvider extends Provider {
  private static final long serialVersionUID = 1L;

  /** Of the contexts of one protocol. */
  OwnProvider(String protocol) {
    super("Own", "1", "another TLS implementation");
    put("SSLContext." + protocol, Context.class.getName());
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
