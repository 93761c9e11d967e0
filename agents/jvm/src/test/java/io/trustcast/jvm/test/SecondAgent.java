package io.trustcast.jvm.test;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;

/** Another vendor's agent that takes an interest in the same classes. */
public final class SecondAgent {
  private SecondAgent() {}

  public static void premain(String options, Instrumentation instrumentation) throws Exception {
    agentmain(options, instrumentation);
  }

  public static void agentmain(String options, Instrumentation instrumentation) throws Exception {
    ClassFileTransformer same =
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] bytes) {
            return name != null && name.startsWith("sun/security/ssl/") ? bytes.clone() : null;
          }
        };
    instrumentation.addTransformer(same, true);
    instrumentation.retransformClasses(
        Class.forName("sun.security.ssl.X509TrustManagerImpl"), Class.forName("sun.security.ssl.SSLSessionImpl"));
  }
}
