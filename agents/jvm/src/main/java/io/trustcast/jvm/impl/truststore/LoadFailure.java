package io.trustcast.jvm.impl.truststore;

import java.util.List;

/** A truststore file that cannot be used; the last good set stays. */
final class LoadFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private static final String UNREADABLE = "ENTRY_UNREADABLE";

  final String code;

  /** Of the entries whose certificate this JDK cannot parse. */
  final List<String> aliases;

  /** The code is a stable UPPER_SNAKE word. */
  LoadFailure(String code, String detail) {
    super(detail == null ? code : code + ": " + detail);
    this.code = code;
    this.aliases = List.of();
  }

  LoadFailure(List<String> aliases) {
    super(
        UNREADABLE
            + ": "
            + aliases.get(0)
            + (aliases.size() == 1 ? "" : " and " + (aliases.size() - 1) + " more"));
    this.code = UNREADABLE;
    this.aliases = aliases;
  }

  /**
   * Whether the file is in order, and this JVM cannot load all of it: what it no longer has is gone
   * all the same.
   */
  boolean tellsRemovals() {
    return code.equals(Heap.TOO_SMALL) || code.equals(UNREADABLE);
  }
}
