package io.trustcast.jvm.test;

import java.io.InputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;

/**
 * Another vendor's agent that takes an interest in the same classes. With a class name for an option it puts that class
 * back to what the JDK ships, with "broken" it lets nobody change them any more.
 */
public final class SecondAgent {
  private SecondAgent() {}

  public static void premain(String options, Instrumentation instrumentation) throws Exception {
    agentmain(options, instrumentation);
  }

  public static void agentmain(String options, Instrumentation instrumentation) throws Exception {
    boolean broken = "broken".equals(options);
    ClassFileTransformer same =
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] bytes) {
            if (name == null || !name.startsWith("sun/security/ssl/")) {
              return null;
            }
            if (broken) {
              return new byte[] {1};
            }
            return name.equals("sun/security/ssl/" + options) ? shipped(name) : bytes.clone();
          }
        };
    instrumentation.addTransformer(same, true);
    if (broken) {
      return;
    }
    instrumentation.retransformClasses(
        Class.forName("sun.security.ssl.X509TrustManagerImpl"), Class.forName("sun.security.ssl.SSLSessionImpl"));
  }

  private static byte[] shipped(String name) {
    try (InputStream in = Object.class.getModule().getResourceAsStream(name + ".class")) {
      return in.readAllBytes();
    } catch (java.io.IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
  }
}
