package io.trustcast.jvm.test.netty.handler.codec.quic;

/** Has the name of a class of Netty that was moved into another package. */
public final class QuicheQuicSslContext {
  private QuicheQuicSslContext() {}
}
