package io.trustcast.jvm;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * One version of the implementation, read whole into memory so that its jar may be replaced at any
 * time.
 */
final class Release {
  private static final String IMPLEMENTATION = "io.trustcast.jvm.impl.Implementation";
  private static final String IMPLEMENTATION_ARCHIVE = "io/trustcast/jvm/implementation";
  private static final String VERSION_RESOURCE = "io/trustcast/jvm/version";

  /** Numbers and dots, compared number by number. */
  final String version;

  private final Map<String, byte[]> files;
  private Class<?> implementation;

  private Release(Map<String, byte[]> files) throws IOException {
    byte[] text = files.get(VERSION_RESOURCE);
    if (text == null) {
      throw new IOException("no " + VERSION_RESOURCE);
    }
    this.files = files;
    this.version = new String(text, "US-ASCII").trim();
  }

  /**
   * The newest release among the jars that this JVM was given; the known one unless another is
   * newer.
   */
  static Release newest(Release known) throws IOException {
    Release newest = known;
    ClassLoader loader = Release.class.getClassLoader();
    for (URL url : Collections.list(loader.getResources(VERSION_RESOURCE))) {
      try {
        Release found = new Release(read(url));
        if (newest == null || compare(found.version, newest.version) > 0) {
          newest = found;
        }
      } catch (IOException unreadable) {
        if (newest == null) {
          continue; // another jar may do
        }
      }
    }
    if (newest == null) {
      throw new IOException("no release of the agent can be read");
    }
    return newest;
  }

  /** A new instance of this release's implementation. */
  @SuppressWarnings("unchecked")
  UnaryOperator<Map<String, Object>> implementation() throws Exception {
    if (implementation == null) {
      ImplementationLoader loader = new ImplementationLoader(files);
      loader.loadAll();
      implementation = Class.forName(IMPLEMENTATION, true, loader);
    }
    return (UnaryOperator<Map<String, Object>>)
        implementation.getDeclaredConstructor().newInstance();
  }

  private static Map<String, byte[]> read(URL url) throws IOException {
    URLConnection connection = url.openConnection();
    if (!(connection instanceof JarURLConnection)) {
      throw new IOException("not in a jar: " + url);
    }
    // read as a file: the JVM keeps the jar open as it was, and a replaced one would stay unseen
    URL jar = ((JarURLConnection) connection).getJarFileURL();
    Map<String, byte[]> files = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(jar.openStream())) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), zip.readAllBytes());
      }
    }
    byte[] archive = files.get(IMPLEMENTATION_ARCHIVE);
    if (archive != null) {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(archive));
      while (in.available() > 0) {
        String name = in.readUTF();
        files.put(name, in.readNBytes(in.readInt()));
      }
    }
    return files;
  }

  private static int compare(String one, String other) {
    List<String> left = new ArrayList<>(Arrays.asList(one.split("[.+-]")));
    List<String> right = new ArrayList<>(Arrays.asList(other.split("[.+-]")));
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      int difference = Integer.compare(part(left, i), part(right, i));
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  private static int part(List<String> parts, int index) {
    try {
      return index < parts.size() ? Integer.parseInt(parts.get(index)) : 0;
    } catch (NumberFormatException letters) {
      return 0;
    }
  }
}
