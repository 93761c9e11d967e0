package io.trustcast.jvm.test.jsse.provider;

/** Has the name of a class of BouncyCastle JSSE that was moved into another package. */
public final class ProvSSLSessionContext {
  private ProvSSLSessionContext() {}
}
