package io.trustcast.jvm.test;

import java.lang.reflect.Field;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Measures, in a JVM with the agent: what the hook costs a chain check, and how long after the
 * rename a trust manager has the new set. Prints one line per figure, for the bench that starts it.
 * Argument: the truststore. Needs {@code --add-exports java.base/sun.security.ssl=ALL-UNNAMED}.
 */
public final class Bench {
  private static final int ROUNDS = 30;
  private static final int WARM_UP = 15;
  private static final int LOADS = 25;

  private final Path truststore;
  private final Map<String, Identity> entries = new LinkedHashMap<>();

  private Bench(Path truststore) throws Exception {
    this.truststore = truststore;
    entries.put("trustcast/marker", Identity.make("marker", false, null));
  }

  public static void main(String[] args) throws Exception {
    Bench bench = new Bench(Path.of(args[0]));
    bench.hook();
    for (int count : new int[] {150, 1_000, 5_000}) {
      bench.load(count);
    }
    System.exit(0);
  }

  /** Repeats the check of a handshake that is going on, with its engine, as the JDK asks for it. */
  private void hook() throws Exception {
    Identity authority = Identity.rsaAuthority("authority");
    entries.put("authority", authority);
    Truststores.write(truststore, entries);
    Server server = new Server(Identity.make("leaf", false, authority), "TLSv1.3", null);
    X509ExtendedTrustManager manager =
        (X509ExtendedTrustManager) Clients.managers("PKIX", (String) null)[0];
    TrustManager[] measuring = {new Measuring(manager)};
    new EngineClient(Clients.context(measuring)).call(server.port(), "/");
  }

  /**
   * How often each side has its turn in a round, how many checks that is, and how long it waits
   * before.
   */
  private static final class Turns {
    final int count;
    final int checks;
    final long pauseNs;

    Turns(int count, int checks, long pauseNs) {
      this.count = count;
      this.checks = checks;
      this.pauseNs = pauseNs;
    }

    void pause() {
      long endNs = System.nanoTime() + pauseNs;
      while (System.nanoTime() < endNs) {
        Thread.onSpinWait();
      }
    }
  }

  private static final class Measuring extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager manager;
    private final Field check;
    private final Object hook;

    Measuring(X509ExtendedTrustManager manager) throws Exception {
      this.manager = manager;
      this.check = Class.forName("sun.security.ssl.TrustcastHook").getField("check");
      this.hook = check.get(null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      try {
        manager.checkServerTrusted(
            chain, authType, engine); // gives it its set, which it keeps while the hook is off
        // turns of milliseconds: one check after the other, and as many looks at the file as the
        // hook then takes
        report("hook", new Turns(30, 200, 0), chain, authType, engine);
        // one check in a turn, after the last look has lost its worth: each takes a look of its own
        report("look", new Turns(300, 1, 300_000), chain, authType, engine);
        check.set(null, hook);
      } catch (ReflectiveOperationException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    private void report(
        String name, Turns turns, X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException, ReflectiveOperationException {
      for (int i = 0; i < 5; i++) {
        round(turns, chain, authType, engine);
      }
      double[] differences = new double[ROUNDS];
      double without = 0;
      for (int i = 0; i < ROUNDS; i++) {
        double[] us = round(turns, chain, authType, engine);
        differences[i] = us[1] - us[0];
        without += us[0] / ROUNDS;
      }
      double mean = Arrays.stream(differences).average().orElseThrow();
      double variance =
          Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum() / (ROUNDS - 1);
      double half = 2.045 * Math.sqrt(variance / ROUNDS); // Student's t, 29 degrees of freedom
      System.out.printf("%s %.2f %.3f %.3f %.3f%n", name, without, mean, mean - half, mean + half);
    }

    /**
     * Microseconds per check without and with the hook: medians of turns that alternate, so that
     * noise meets both.
     */
    private double[] round(Turns turns, X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException, ReflectiveOperationException {
      double[][] us = new double[2][turns.count];
      for (int turn = 0; turn < 2 * turns.count; turn++) {
        int with = (turn + turn / 2) % 2;
        check.set(null, with == 1 ? hook : null);
        turns.pause();
        long startedNs = System.nanoTime();
        for (int i = 0; i < turns.checks; i++) {
          manager.checkServerTrusted(chain, authType, engine);
        }
        us[with][turn / 2] = (System.nanoTime() - startedNs) / 1e3 / turns.checks;
      }
      Arrays.sort(us[0]);
      Arrays.sort(us[1]);
      return new double[] {us[0][turns.count / 2], us[1][turns.count / 2]};
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return manager.getAcceptedIssuers();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
      throw new UnsupportedOperationException();
    }
  }

  private void load(int count) throws Exception {
    while (entries.size() < count) {
      String name = "entry-" + entries.size();
      entries.put(name, Identity.make(name, true, null));
    }
    X509TrustManager manager = (X509TrustManager) Clients.managers("PKIX", (String) null)[0];
    Path next = truststore.resolveSibling("next.p12");
    double[] times = new double[LOADS];
    for (int i = -WARM_UP; i < LOADS; i++) {
      Identity changing = Identity.make("changing-" + i, true, null);
      entries.put("changing", changing);
      Truststores.write(next, entries);
      long renamedNs = System.nanoTime(); // before: the agent may be done before the rename returns
      Files.move(next, truststore, StandardCopyOption.ATOMIC_MOVE);
      while (!Arrays.asList(manager.getAcceptedIssuers()).contains(changing.certificate())) {
        Thread.onSpinWait(); // the agent may have looked right before the rename
      }
      times[Math.max(i, 0)] = (System.nanoTime() - renamedNs) / 1e6;
    }
    Arrays.sort(times);
    System.out.printf("load %d %.2f %.2f%n", count, times[LOADS / 2], times[LOADS - 1]);
  }
}
