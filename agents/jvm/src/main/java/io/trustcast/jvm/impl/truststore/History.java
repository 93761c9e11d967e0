package io.trustcast.jvm.impl.truststore;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Knows what was ever in our file, as the host agent remembers it in a file beside it: a line
 * {@code trustcast-history/1 <boot id> <ticks> <sha256>...} and then SHA-256 fingerprints of 32
 * bytes each. It is complete for what was in the truststore since that moment of that boot, and is
 * written before the truststores with these digests.
 */
public final class History {
  private static final String FORMAT = "trustcast-history/1";
  private static final int MAX_LINE = 512;
  private static final int DIGEST = 32;
  private static final int MAX_BYTES = MAX_LINE + 200_000 * DIGEST;
  private static final int MAX_ASKED = 4_096;

  /** What of a trust manager's set never was in our file. */
  public static final class Answer {
    public final Set<X509Certificate> neverOurs;

    /** Why some of these may have been, or null. */
    public final String doubt;

    public Answer(Set<X509Certificate> neverOurs, String doubt) {
      this.neverOurs = neverOurs;
      this.doubt = doubt;
    }
  }

  private static final String NAME = "truststore.history";

  private final Path truststore;
  private Path path;
  private final String bootId;
  private final long startTicks;
  // not synchronized: a virtual thread would pin its carrier on JDK 21 to 23
  private final ReentrantLock lock = new ReentrantLock();
  private FileStamp stamp;
  private String unusable;
  private String[] line;

  /** Whether it was ours; of what this version of the file was asked for. */
  private final Map<X509Certificate, Boolean> asked = new HashMap<>();

  /** With the facts of this process. */
  public History(Path truststore, Object bootId, Object startTicks) {
    this.truststore = truststore;
    this.path = truststore.resolveSibling(NAME);
    this.bootId = String.valueOf(bootId);
    this.startTicks = startTicks instanceof Number ? ((Number) startTicks).longValue() : 0;
  }

  /**
   * Why trust managers that have not been used yet may keep what was ours and was removed, or null.
   * With the ticks of this boot at which this JVM had loaded the truststore for the first time.
   */
  public String problem(TrustSet set, long loadedTicks) throws Exception {
    lock.lock();
    try {
      refresh();
      return problemWith(set, loadedTicks);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Of certificates that a trust manager holds beside this set. To be called where reading is
   * permitted.
   */
  public Answer of(Collection<X509Certificate> beside, TrustSet set) throws Exception {
    lock.lock();
    try {
      refresh();
      if (!asked.keySet().containsAll(beside)) {
        look(beside);
      }
      Set<X509Certificate> never = new HashSet<>();
      for (X509Certificate cert : beside) {
        if (!Boolean.TRUE.equals(asked.get(cert))) {
          never.add(cert);
        }
      }
      return new Answer(never, never.isEmpty() ? null : problemWith(set, startTicks));
    } finally {
      lock.unlock();
    }
  }

  private String problemWith(TrustSet set, long sinceTicks) {
    if (unusable != null) {
      return unusable;
    }
    if (!Arrays.asList(line).subList(3, line.length).contains(set.sha256)) {
      return "HISTORY_BEHIND: it was not written with this truststore";
    }
    boolean began = line[1].equals(bootId) && sinceTicks < Long.parseLong(line[2]);
    return began ? "HISTORY_SHORT: it began after this JVM; restart the JVM" : null;
  }

  /** Reads the first line of a file that has changed. */
  private void refresh() throws IOException {
    FileStamp now = FileStamp.of(path);
    if (now == FileStamp.MISSING) {
      path = found();
      now = FileStamp.of(path);
    }
    if (now.equals(stamp)) {
      return;
    }
    asked.clear();
    stamp = now;
    unusable = null;
    if (now == FileStamp.MISSING) {
      unusable = "HISTORY_MISSING: the host agent has not written " + path.getFileName();
      return;
    }
    if (!now.isRegular() || now.size > MAX_BYTES) { // opening a FIFO would block a handshake
      unusable = "HISTORY_UNREADABLE: it is no history";
      return;
    }
    try (DataInputStream in = open()) {
      line = firstLine(in);
      Long.parseLong(line[2]);
      if ((now.size - String.join(" ", line).length() - 1) % DIGEST != 0) {
        throw new IOException("it was cut");
      }
    } catch (IOException | RuntimeException failure) {
      stamp = null; // it may pass
      unusable = "HISTORY_UNREADABLE: " + failure;
    }
  }

  /**
   * The JVM may see a link to the truststore only; the host agent's own link may lead away from the
   * history.
   */
  private Path found() {
    Path beside = truststore.resolveSibling(NAME);
    try {
      return Files.exists(beside) ? beside : truststore.toRealPath().resolveSibling(NAME);
    } catch (IOException missing) {
      return beside;
    }
  }

  private void look(Collection<X509Certificate> beside) throws Exception {
    if (asked.size() > MAX_ASKED) {
      asked.clear();
    }
    Map<String, X509Certificate> wanted = new HashMap<>();
    for (X509Certificate cert : beside) {
      wanted.put(latin(MessageDigest.getInstance("SHA-256").digest(cert.getEncoded())), cert);
      asked.put(cert, false);
    }
    if (unusable != null) {
      return;
    }
    try (DataInputStream in = open()) {
      firstLine(in);
      byte[] digest = new byte[DIGEST];
      while (in.readNBytes(digest, 0, DIGEST) == DIGEST) {
        X509Certificate cert = wanted.get(latin(digest));
        if (cert != null) {
          asked.put(cert, true);
        }
      }
    } catch (IOException failure) {
      stamp = null;
      unusable = "HISTORY_UNREADABLE: " + failure;
    }
  }

  private DataInputStream open() throws IOException {
    return new DataInputStream(new BufferedInputStream(new FileInputStream(path.toFile())));
  }

  private static String[] firstLine(DataInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0 || line.length() == MAX_LINE) {
        throw new IOException("it has no first line");
      }
      line.append((char) b);
    }
    String[] words = line.toString().split(" ");
    if (words.length < 4 || !words[0].equals(FORMAT)) {
      throw new IOException("it has another form");
    }
    return words;
  }

  private static String latin(byte[] digest) {
    return new String(digest, StandardCharsets.ISO_8859_1);
  }
}
