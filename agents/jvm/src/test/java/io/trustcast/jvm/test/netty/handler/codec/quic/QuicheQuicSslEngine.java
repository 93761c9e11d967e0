package io.trustcast.jvm.test.netty.handler.codec.quic;

/**
 * Has the name of a class of Netty that is loaded without a connection, and was moved into another
 * package.
 */
public final class QuicheQuicSslEngine {
  private QuicheQuicSslEngine() {}
}
