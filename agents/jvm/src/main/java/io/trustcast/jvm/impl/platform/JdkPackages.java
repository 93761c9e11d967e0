package io.trustcast.jvm.impl.platform;

import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Set;

/**
 * Opens the JDK packages that {@link Internals} reaches into, to this release's own module alone.
 */
public final class JdkPackages {
  private JdkPackages() {}

  public static void open(Instrumentation instrumentation) {
    Set<Module> here = Set.of(JdkPackages.class.getModule());
    instrumentation.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of(),
        Map.of(
            "sun.security.ssl",
            here,
            "sun.security.validator",
            here,
            "javax.net.ssl",
            here,
            "jdk.internal.misc",
            here),
        Set.of(),
        Map.of());
  }
}
