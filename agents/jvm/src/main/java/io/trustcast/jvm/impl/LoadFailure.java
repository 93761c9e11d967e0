package io.trustcast.jvm.impl;

/** A truststore file that cannot be used; the last good set stays. */
final class LoadFailure extends Exception {
  private static final long serialVersionUID = 1L;

  final String code;

  /** The code is a stable UPPER_SNAKE word. */
  LoadFailure(String code, String detail) {
    super(detail == null ? code : code + ": " + detail);
    this.code = code;
  }
}
