package io.trustcast.jvm.test;

/** Something in the JVM under test that makes TLS connections. */
interface Client {
  /**
   * Connects and asks once; answers whether a TLS session was resumed, or null where that cannot be
   * seen.
   */
  Boolean call(int port, String path) throws Exception;

  /** Calls, and says on one line how it went. */
  static String verdict(Client client, int port, String path) {
    try {
      Boolean resumed = client.call(port, path);
      return resumed == null ? "ok" : "ok " + (resumed ? "resumed" : "full");
    } catch (Exception failure) {
      return "fail "
          + failure.getClass().getSimpleName()
          + ": "
          + String.valueOf(failure.getMessage()).replace('\n', ' ');
    }
  }
}
