package io.trustcast.jvm.test;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * A context of the application's own class that hands on to one of the JDK, as application servers
 * do to set ciphers.
 */
final class WrappingContext extends SSLContext {
  /**
   * Makes connections of the first context, or lets the second one make them and only keeps the
   * first.
   */
  WrappingContext(SSLContext kept, SSLContext making) {
    super(new Spi(kept, making), kept.getProvider(), kept.getProtocol());
  }

  private static final class Spi extends SSLContextSpi {
    final SSLContext kept;
    final InvocationHandler making;

    Spi(SSLContext kept, SSLContext making) {
      this.kept = kept;
      this.making = (proxy, method, arguments) -> making; // out of sight
    }

    private SSLContext making() {
      try {
        return (SSLContext) making.invoke(null, null, null);
      } catch (Throwable impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("made already");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new Sockets(making().getSocketFactory());
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return making().getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return making().createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return making().createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return making().getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return making().getClientSessionContext();
    }
  }

  /** A factory that hands on. */
  static final class Sockets extends SSLSocketFactory {
    private final SSLSocketFactory factory;

    Sockets(SSLSocketFactory factory) {
      this.factory = factory;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return factory.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return factory.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket() throws IOException {
      return factory.createSocket();
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean close)
        throws IOException {
      return factory.createSocket(socket, host, port, close);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return factory.createSocket(host, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort)
        throws IOException {
      return factory.createSocket(host, port, from, fromPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return factory.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
        throws IOException {
      return factory.createSocket(host, port, from, fromPort);
    }
  }
}
