package io.trustcast.jvm.test.netty.handler.codec.quic;

/**
 * Has the name of a class of Netty that is loaded with the first connection, and was moved into
 * another package.
 */
public final class QuicheQuicChannel {
  private QuicheQuicChannel() {}
}
