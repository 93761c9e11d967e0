package io.trustcast.jvm.test.conscrypt;

/** Has the name of a class of Conscrypt that was moved into another package. */
public final class AbstractSessionContext {
  private AbstractSessionContext() {}
}
