package io.trustcast.jvm.test.awssdk.crt.io;

/** Has the name of a class of the AWS Common Runtime that was moved into another package. */
public final class TlsContext {
  private TlsContext() {}
}
