package io.trustcast.jvm.impl.platform;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;

/**
 * Puts the hook class into java.base, where the patched methods find it without a bootstrap jar.
 */
final class HookClass {
  private static final String RESOURCE = "sun/security/ssl/TrustcastHook.class";

  private HookClass() {}

  /** Answers the hook class, which an earlier implementation may have defined. */
  static Class<?> define(MethodHandles.Lookup trustManager) throws ReflectiveOperationException {
    try {
      return Class.forName("sun.security.ssl.TrustcastHook", true, null);
    } catch (ClassNotFoundException expected) {
      return trustManager.defineClass(bytes());
    }
  }

  private static byte[] bytes() {
    try (InputStream in = HookClass.class.getClassLoader().getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new LinkageError(RESOURCE + " is not in the agent's jar");
      }
      return in.readAllBytes();
    } catch (IOException failure) {
      throw new LinkageError(RESOURCE + " cannot be read", failure);
    }
  }
}
