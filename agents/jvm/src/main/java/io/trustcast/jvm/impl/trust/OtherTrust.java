package io.trustcast.jvm.impl.trust;

import java.util.LinkedHashMap;
import java.util.Map;

/** Trust of the application itself that is in use and that LIVE does not cover. */
public final class OtherTrust {
  /** A trust manager of the JDK with another truststore has validated a chain. */
  public static final String OWN_TRUSTSTORE = "OWN_TRUSTSTORE";

  /** A TLS stack that validates chains itself is in use. */
  public static final String OWN_STACK = "OWN_STACK";

  private static final String UNKNOWN = "unknown";
  private static final int MAX_NAME = 200;
  private static final String[] PASSED_OVER = {
    "java.", "javax.", "jdk.", "sun.", "com.sun.", "io.trustcast.jvm.impl."
  };

  private OtherTrust() {}

  public static Map<String, Object> of(String kind, String name, int count) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind);
    json.put("name", name);
    json.put("count", count);
    return json;
  }

  /** The class outside the JDK that is asking for a handshake on this thread. */
  static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .map(StackWalker.StackFrame::getClassName)
                    .filter(OtherTrust::isApplication)
                    .findFirst()
                    .map(OtherTrust::clean)
                    .orElse(UNKNOWN));
  }

  private static boolean isApplication(String className) {
    for (String prefix : PASSED_OVER) {
      if (className.startsWith(prefix)) {
        return false;
      }
    }
    return true;
  }

  /** Without what differs from run to run, and readable on any terminal. */
  private static String clean(String className) {
    int generated = className.indexOf("$$");
    String name = generated < 0 ? className : className.substring(0, generated);
    name = name.replaceAll("[^!-~]", "?");
    return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
  }
}
