package io.trustcast.jvm.impl;

/** A problem and when it was met. */
final class LoadError {
  final String message;
  final long atMs = System.currentTimeMillis();

  LoadError(String message) {
    this.message = message;
  }
}
