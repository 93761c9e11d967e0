package io.trustcast.jvm.impl.trust;

import io.trustcast.jvm.impl.platform.Internals;
import io.trustcast.jvm.impl.platform.Privileged;
import io.trustcast.jvm.impl.platform.ProcessFacts;
import io.trustcast.jvm.impl.platform.WeakIdentityMap;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Knows the Sets that the JVM's default trust managers share. The JDK hands out the same Set until
 * the file behind it changes; a trust manager that holds it is a default one. Equality is not
 * enough: a context that the application pinned to the same certificates is equal.
 */
public final class DefaultSets {
  private static final String PROPERTY = "javax.net.ssl.trustStore";

  private final WeakIdentityMap<Boolean> known = new WeakIdentityMap<>();
  private volatile Set<X509Certificate> current;

  /** Of the JDK's own file, where another one is the default now; read when it is needed. */
  private volatile Set<X509Certificate> first;

  private volatile String failure;

  /** With what known() of an earlier implementation in this JVM answered, or null. */
  public DefaultSets(List<?> earlier) {
    for (Object set : earlier == null ? List.of() : earlier) {
      known.put(set, Boolean.TRUE);
    }
  }

  /** Every default Set that was seen and that a trust manager may still hold. */
  public List<Object> known() {
    List<Object> sets = new ArrayList<>();
    known.forEachKey(sets::add);
    return sets;
  }

  /**
   * Asks the JDK for its present default Set, which reads the file behind it only when that has
   * changed. Of a file that it could not read, it says so once, and hands out the Set of before as
   * long as anybody holds it: then the file is opened here.
   */
  public Set<X509Certificate> refresh() {
    try {
      Set<X509Certificate> set = Privileged.call(DefaultSets::ask);
      if (failure != null && known.get(set) != null) {
        Privileged.call(DefaultSets::open);
      }
      if (set != current) {
        known.put(set, Boolean.TRUE);
        current = set;
      }
      failure = null;
    } catch (Exception unreadable) {
      current = null;
      failure = unreadable.toString();
    }
    return current;
  }

  /** Takes note of the present default Set, if the application has had one read. */
  public void follow() {
    if (Internals.hasDefaults()) {
      refresh();
    }
  }

  /** The present default Set, or null when the JDK cannot read it. */
  public Set<X509Certificate> current() {
    return current;
  }

  /** Why there is no default Set. */
  public String failure() {
    return failure;
  }

  /**
   * The default Set that this collection is, or stands for; null when it is the application's own.
   */
  Collection<X509Certificate> match(Collection<X509Certificate> own) {
    Set<X509Certificate> now = refresh();
    if (own == now || known.get(own) != null) {
      return own;
    }
    try {
      Set<X509Certificate> ofJdk = Privileged.call(() -> ofJdk(now));
      return own.equals(ofJdk) ? ofJdk : null;
    } catch (Exception unreadable) {
      return null;
    }
  }

  /**
   * What the JDK's own file holds, if the default was read from it: a Set that is equal was read
   * from it too, before the agent came or for the application's own use.
   */
  private Set<X509Certificate> ofJdk(Set<X509Certificate> now) throws Exception {
    File own = file(null);
    if (own == null || own.equals(file(System.getProperty(PROPERTY)))) {
      return own == null ? null : now;
    }
    if (first == null && Internals.initialProperty(PROPERTY) == null) {
      first = read(own); // until main() named another one
    }
    return first;
  }

  /**
   * Why there may be trust managers of the default that nothing tells from the application's own,
   * or null: made before the agent came, from a truststore that has changed since. Ours may change.
   * To be asked once, when the agent comes.
   */
  public static String outdated(Path ours) throws Exception {
    String initial = Internals.initialProperty(PROPERTY);
    String now = System.getProperty(PROPERTY);
    if (initial != null && !initial.equals(now)) {
      return "DEFAULT_TRUSTSTORE_CHANGED: from " + initial + " to " + now;
    }
    long startedMs = ProcessFacts.startedMs();
    File named = now == null || now.equals("NONE") ? null : new File(now).getAbsoluteFile();
    if (named != null && !named.exists()) { // then the JDK takes its own
      File folder = named.getParentFile();
      if (folder == null || !folder.exists() || changedMs(folder) > startedMs) {
        return "DEFAULT_TRUSTSTORE_CHANGED: " + now + " is not there, and may have been";
      }
    }
    for (File used : new File[] {file(initial), file(now)}) {
      boolean own = used != null && !(Files.exists(ours) && Files.isSameFile(used.toPath(), ours));
      if (own && changedMs(used) > startedMs) {
        return "DEFAULT_TRUSTSTORE_CHANGED: " + used + " after the start of the JVM";
      }
    }
    return null;
  }

  /** When the file, or a link that leads to it, was changed last. */
  private static long changedMs(File file) throws IOException {
    Path path = file.toPath().toAbsolutePath();
    long lastMs = changedMs(path);
    for (Path link = path; link != null; link = link.getParent()) {
      if (Files.isSymbolicLink(link)) {
        lastMs = Math.max(lastMs, changedMs(link, LinkOption.NOFOLLOW_LINKS));
      }
    }
    return lastMs;
  }

  /** By the kernel's change time, which no tool can set back. */
  private static long changedMs(Path path, LinkOption... how) throws IOException {
    return ((FileTime) Files.getAttribute(path, "unix:ctime", how)).toMillis();
  }

  /**
   * The file that the JDK reads for this value of the property, as its own code chooses it; or
   * null.
   */
  private static File file(String named) {
    File folder = new File(System.getProperty("java.home"), "lib/security");
    File[] candidates = {
      named == null ? new File(folder, "jssecacerts") : new File(named),
      new File(folder, "cacerts"),
    };
    for (File candidate : candidates) {
      if (!"NONE".equals(named) && candidate.isFile() && candidate.canRead()) {
        return candidate;
      }
    }
    return null;
  }

  private static Set<X509Certificate> read(File file) throws Exception {
    KeyStore store = KeyStore.getInstance(file, (char[]) null);
    Set<X509Certificate> certs = new HashSet<>();
    for (String alias : Collections.list(store.aliases())) {
      Certificate cert = store.getCertificate(alias);
      if (cert instanceof X509Certificate) {
        certs.add((X509Certificate) cert);
      }
    }
    return certs;
  }

  /** Opens the default truststore as the JDK does. */
  private static Void open() throws Exception {
    File file = file(System.getProperty(PROPERTY));
    if (file == null) {
      return null;
    }
    String type = System.getProperty(PROPERTY + "Type", KeyStore.getDefaultType());
    String password = System.getProperty(PROPERTY + "Password", "");
    String provider = System.getProperty(PROPERTY + "Provider", "");
    KeyStore store =
        provider.isEmpty() ? KeyStore.getInstance(type) : KeyStore.getInstance(type, provider);
    try (InputStream in = Files.newInputStream(file.toPath())) {
      store.load(in, password.isEmpty() ? null : password.toCharArray());
    }
    return null;
  }

  private static Set<X509Certificate> ask() throws Exception {
    try {
      return Internals.defaultSet();
    } catch (Exception | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }
}
