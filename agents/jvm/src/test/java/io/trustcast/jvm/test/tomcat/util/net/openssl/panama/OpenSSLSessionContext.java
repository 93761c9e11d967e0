package io.trustcast.jvm.test.tomcat.util.net.openssl.panama;

/** Has the name of a class of Tomcat that was moved into another package. */
public final class OpenSSLSessionContext {
  private OpenSSLSessionContext() {}
}
