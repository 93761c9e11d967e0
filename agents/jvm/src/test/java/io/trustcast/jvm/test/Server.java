package io.trustcast.jvm.test;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * An HTTPS server on loopback that answers every request with 200; the connection stays open for
 * /keep only.
 */
final class Server {
  private final SSLServerSocket listener;
  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger resumed = new AtomicInteger();

  /** With clients given, they must present a certificate that it issued or is. */
  Server(Identity identity, String protocol, Identity clients) throws Exception {
    this(context(identity, clients), protocol, clients != null);
  }

  Server(SSLContext context, String protocol, boolean mutual) throws Exception {
    listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listener.setEnabledProtocols(protocol.split(","));
    listener.setNeedClientAuth(mutual);
    start(this::accept);
  }

  private static SSLContext context(Identity identity, Identity clients) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    TrustManager[] trust = null;
    if (clients != null) {
      trust = Clients.managers("PKIX", Truststores.store(Map.of("clients", clients)));
    }
    context.init(identity.keyManagers(), trust, null);
    return context;
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Handshakes done, and how many of them resumed a session. */
  String served() {
    return served + " " + resumed;
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listener.accept();
        start(() -> serve((SSLSocket) socket));
      } catch (Exception closed) {
        return;
      }
    }
  }

  private void serve(SSLSocket socket) {
    long acceptedMs = System.currentTimeMillis();
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.startHandshake();
      SSLSession session = socket.getSession();
      served.incrementAndGet();
      if (session.getCreationTime() < acceptedMs) {
        resumed.incrementAndGet();
      }
      InputStream in = socket.getInputStream();
      StringBuilder head = new StringBuilder();
      for (int b = in.read(); b >= 0; b = in.read()) {
        head.append((char) b);
        if (head.indexOf("\r\n\r\n") >= 0) {
          boolean keep = head.indexOf(" /keep") >= 0;
          head.setLength(0);
          String answer =
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                  + (keep ? "" : "Connection: close\r\n")
                  + "\r\nok";
          OutputStream out = socket.getOutputStream();
          out.write(answer.getBytes());
          out.flush();
          if (!keep) {
            return;
          }
        }
      }
    } catch (Exception refused) {
      // the client's verdict is what is tested
    }
  }

  private static void start(Runnable action) {
    Thread thread = new Thread(action);
    thread.setDaemon(true);
    thread.start();
  }
}
