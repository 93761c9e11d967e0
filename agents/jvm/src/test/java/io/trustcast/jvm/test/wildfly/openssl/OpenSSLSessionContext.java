package io.trustcast.jvm.test.wildfly.openssl;

/** Has the name of a class of WildFly that was moved into another package. */
public final class OpenSSLSessionContext {
  private OpenSSLSessionContext() {}
}
