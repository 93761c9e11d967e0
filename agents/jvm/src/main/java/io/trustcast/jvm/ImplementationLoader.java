package io.trustcast.jvm;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.security.AllPermission;
import java.security.CodeSource;
import java.security.Permissions;
import java.security.ProtectionDomain;
import java.security.SecureClassLoader;
import java.security.cert.Certificate;
import java.util.Map;

/**
 * Loads one release of the implementation from memory. Its parent is the platform's loader, so
 * neither the application's classes nor another release are seen, and an old release is collected
 * once nothing uses it.
 */
final class ImplementationLoader extends SecureClassLoader {
  private static final String PACKAGE = "io/trustcast/jvm/impl/";
  private static final String SUFFIX = ".class";

  private final Map<String, byte[]> files;
  private final ProtectionDomain domain;

  ImplementationLoader(Map<String, byte[]> files) {
    super(ClassLoader.getPlatformClassLoader());
    this.files = files;
    Permissions all = new Permissions();
    all.add(new AllPermission());
    this.domain = new ProtectionDomain(new CodeSource(null, (Certificate[]) null), all);
  }

  /** Loads every class now: the first use of one may be deep inside a handshake. */
  void loadAll() throws ClassNotFoundException {
    for (String name : files.keySet()) {
      if (name.startsWith(PACKAGE) && name.endsWith(SUFFIX)) {
        Class.forName(
            name.substring(0, name.length() - SUFFIX.length()).replace('/', '.'), false, this);
      }
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    String path = name.replace('.', '/') + SUFFIX;
    byte[] bytes = path.startsWith(PACKAGE) ? files.get(path) : null;
    if (bytes == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, bytes, 0, bytes.length, domain);
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    byte[] bytes = files.get(name);
    return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
  }
}
