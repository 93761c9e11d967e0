package io.trustcast.jvm.test;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSocketFactory;

/**
 * Socket factories that security properties name. Never used: who asks for them is not to be LIVE.
 */
public final class OwnFactories {
  private OwnFactories() {}

  /** Of clients. */
  public static final class Clients extends SSLSocketFactory {
    @Override
    public String[] getDefaultCipherSuites() {
      return new String[0];
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return new String[0];
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) {
      return null;
    }

    @Override
    public Socket createSocket(String host, int port) {
      return null;
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      return null;
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      return null;
    }

    @Override
    public Socket createSocket(
        InetAddress address, int port, InetAddress localAddress, int localPort) {
      return null;
    }
  }

  /** Of servers. */
  public static final class Servers extends SSLServerSocketFactory {
    @Override
    public String[] getDefaultCipherSuites() {
      return new String[0];
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return new String[0];
    }

    @Override
    public ServerSocket createServerSocket(int port) {
      return null;
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) {
      return null;
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address) {
      return null;
    }
  }
}
