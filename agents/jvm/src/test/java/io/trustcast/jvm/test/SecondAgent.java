package io.trustcast.jvm.test;

import java.io.InputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another vendor's agent that takes an interest in the same classes. With a class name for an
 * option it puts that class back to what the JDK ships, with "broken" it lets nobody change them
 * any more, with "lenient" every peer is trusted.
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
              ClassLoader loader,
              String name,
              Class<?> type,
              ProtectionDomain domain,
              byte[] bytes) {
            if (name == null || !name.startsWith("sun/security/ssl/")) {
              return null;
            }
            if (broken) {
              return new byte[] {1};
            }
            if ("lenient".equals(options)) {
              return lenient(bytes.clone());
            }
            return name.equals("sun/security/ssl/" + options) ? shipped(name) : bytes.clone();
          }
        };
    instrumentation.addTransformer(same, true);
    if (broken) {
      return;
    }
    instrumentation.retransformClasses(
        Class.forName("sun.security.ssl.X509TrustManagerImpl"),
        Class.forName("sun.security.ssl.SSLSessionImpl"));
  }

  /**
   * Every check of X509TrustManagerImpl is but this.checkTrusted(chain, authType, null or its third
   * argument, a boolean).
   */
  private static byte[] lenient(byte[] bytes) {
    String code = new String(bytes, StandardCharsets.ISO_8859_1);
    Matcher call =
        Pattern.compile("\\x2a\\x2b\\x2c(\\x2d|\\x01(\\xc0..)?)[\\x03\\x04]\\xb6..", Pattern.DOTALL)
            .matcher(code);
    while (call.find()) {
      Arrays.fill(bytes, call.start(), call.end(), (byte) 0); // nop
    }
    return bytes;
  }

  private static byte[] shipped(String name) {
    try (InputStream in = Object.class.getModule().getResourceAsStream(name + ".class")) {
      return in.readAllBytes();
    } catch (java.io.IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
  }
}
