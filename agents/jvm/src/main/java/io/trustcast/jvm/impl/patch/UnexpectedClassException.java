package io.trustcast.jvm.impl.patch;

/** A JDK class is not shaped as the patcher knows it, so nothing may be patched. */
public final class UnexpectedClassException extends Exception {
  private static final long serialVersionUID = 1L;

  UnexpectedClassException(String message) {
    super(message);
  }
}
