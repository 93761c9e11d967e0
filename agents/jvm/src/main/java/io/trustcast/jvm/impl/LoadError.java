package io.trustcast.jvm.impl;

import java.util.List;

/** A problem and when it was met. */
final class LoadError {
  final String message;
  final long atMs = System.currentTimeMillis();

  final List<String> aliases;

  LoadError(String message) {
    this(message, List.of());
  }

  LoadError(String message, List<String> aliases) {
    this.message = message;
    this.aliases = aliases;
  }
}
