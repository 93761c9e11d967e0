package io.trustcast.jvm.test;

import java.io.EOFException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.IntFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;

/** Drives an SSLEngine by hand, as NIO frameworks do. */
final class EngineClient implements Client {
  private final IntFunction<SSLEngine> engines;

  EngineClient(SSLContext context) {
    this(port -> context.createSSLEngine("localhost", port));
  }

  /** By port. */
  EngineClient(IntFunction<SSLEngine> engines) {
    this.engines = engines;
  }

  @Override
  public Boolean call(int port, String path) throws Exception {
    long startedMs = Clients.nextMs();
    SSLEngine engine = engines.apply(port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    ByteBuffer request =
        ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes());
    ByteBuffer received = ByteBuffer.allocate(40_000);
    ByteBuffer answer = ByteBuffer.allocate(40_000);
    ByteBuffer sent = ByteBuffer.allocate(40_000);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try (SocketChannel channel = SocketChannel.open(address)) {
      while (answer.position() < 12) {
        boolean reading = engine.getHandshakeStatus() == HandshakeStatus.NEED_UNWRAP;
        if (!reading) {
          sent.clear();
          engine.wrap(request, sent);
          sent.flip();
          while (sent.hasRemaining()) {
            channel.write(sent);
          }
          reading =
              engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                  && !request.hasRemaining();
        }
        if (reading || engine.getHandshakeStatus() == HandshakeStatus.NEED_UNWRAP) {
          read(engine, channel, received, answer);
        }
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
      }
    }
    return engine.getSession().getCreationTime() < startedMs;
  }

  private static void read(
      SSLEngine engine, SocketChannel channel, ByteBuffer received, ByteBuffer answer)
      throws Exception {
    while (true) {
      received.flip();
      SSLEngineResult result = engine.unwrap(received, answer);
      received.compact();
      if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
        throw new EOFException("closed");
      }
      if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
        return;
      }
      if (channel.read(received) < 0) {
        throw new EOFException("no answer");
      }
    }
  }
}
