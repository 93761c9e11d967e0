package io.trustcast.jvm.impl.truststore;

import java.util.List;

/** A problem and when it was met. */
public final class LoadError {
  public final String message;
  public final long atMs = System.currentTimeMillis();

  public final List<String> aliases;

  public LoadError(String message) {
    this(message, List.of());
  }

  public LoadError(String message, List<String> aliases) {
    this.message = message;
    this.aliases = aliases;
  }
}
