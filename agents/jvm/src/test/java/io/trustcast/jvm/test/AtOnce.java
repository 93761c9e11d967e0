package io.trustcast.jvm.test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Begins handshakes right after a removal, in a JVM that has looked at the file right before it.
 */
final class AtOnce {
  private static final int SESSION_ID_LENGTH =
      5 + 4 + 2 + 32; // after the headers of record and message, version and random

  private AtOnce() {}

  /** How often a session was offered for resumption before the removal, and after it. */
  static String offers(int port, Path truststore, Path with, Path without, int rounds)
      throws Exception {
    SSLContext context = Clients.context((TrustManager[]) null);
    Client client = Clients.sockets(context.getSocketFactory());
    X509TrustManager manager = (X509TrustManager) Clients.managers("PKIX", (String) null)[0];
    int before = 0;
    int after = 0;
    for (int round = 0; round < rounds; round++) {
      Truststores.replace(truststore, Files.readAllBytes(with));
      client.call(port, "/");
      Path next = Truststores.prepare(truststore, Files.readAllBytes(without));
      before += offers(engine(context, port)) ? 1 : 0;
      SSLEngine engine = engine(context, port);
      manager.getAcceptedIssuers();
      if (!next.toFile().renameTo(truststore.toFile())) { // one system call
        throw new IOException("rename");
      }
      after += offers(engine) ? 1 : 0;
    }
    return before + " " + after;
  }

  private static SSLEngine engine(SSLContext context, int port) {
    SSLEngine engine = context.createSSLEngine("localhost", port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(new String[] {"TLSv1.2"});
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Whether the first message of its handshake names a session. */
  private static boolean offers(SSLEngine engine) throws Exception {
    ByteBuffer hello = ByteBuffer.allocate(40_000);
    engine.wrap(ByteBuffer.allocate(0), hello);
    return hello.get(SESSION_ID_LENGTH) != 0;
  }
}
