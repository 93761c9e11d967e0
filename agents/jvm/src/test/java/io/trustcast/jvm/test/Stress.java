package io.trustcast.jvm.test;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Handshakes in many threads while the truststore changes, then one handshake right after each change. Arguments: the
 * truststore, threads, changes under load, changes with a first handshake.
 */
public final class Stress {
  private final Path truststore;
  private final Identity marker = Identity.make("marker", false, null);
  private final Identity partner = Identity.make("partner", false, null);
  private final Identity other = Identity.make("other", false, null);
  private final Server server = new Server(partner, "TLSv1.3,TLSv1.2", null);

  private Stress(Path truststore) throws Exception {
    this.truststore = truststore;
  }

  public static void main(String[] args) throws Exception {
    int status = 1;
    try {
      Stress stress = new Stress(Path.of(args[0]));
      System.out.println(stress.underLoad(Integer.parseInt(args[1]), Integer.parseInt(args[2])));
      System.out.println(stress.firstHandshakes(Integer.parseInt(args[3])));
      status = 0;
    } catch (Exception unexpected) {
      unexpected.printStackTrace();
    } finally {
      System.exit(status); // the workers would keep the JVM
    }
  }

  private void deploy(boolean withPartner, boolean withOther) throws Exception {
    Map<String, Identity> entries = new HashMap<>(Map.of("trustcast/marker", marker));
    if (withPartner) {
      entries.put("partner", partner);
    }
    if (withOther) {
      entries.put("other", other);
    }
    Truststores.write(truststore, entries);
  }

  private String underLoad(int threads, int changes) throws Exception {
    deploy(true, false);
    AtomicInteger running = new AtomicInteger(threads);
    AtomicInteger handshakes = new AtomicInteger();
    List<Future<?>> workers = new ArrayList<>();
    ExecutorService pool = pool(threads);
    AtomicBoolean stop = new AtomicBoolean();
    for (int i = 0; i < threads; i++) {
      String kind = i % 2 == 0 ? "null-managers" : "engine";
      workers.add(
          pool.submit(
              () -> {
                try {
                  while (!stop.get()) {
                    Clients.make(kind).call(server.port(), "/");
                    handshakes.incrementAndGet();
                  }
                } finally {
                  running.decrementAndGet();
                }
                return null;
              }));
    }
    long[] heap = new long[2];
    for (int i = 0; i < changes; i++) {
      deploy(true, i % 2 == 0);
      int before = handshakes.get();
      while (handshakes.get() == before && running.get() == threads) {
        Thread.onSpinWait();
      }
      if (i == changes / 2) {
        heap[0] = used();
      }
      for (Future<?> worker : workers) {
        if (worker.isDone()) {
          worker.get(); // throws what the handshake threw
        }
      }
    }
    stop.set(true);
    for (Future<?> worker : workers) {
      worker.get();
    }
    pool.shutdown();
    heap[1] = used();
    return "load handshakes " + handshakes + " grownKiB " + (heap[1] - heap[0]) / 1024;
  }

  private String firstHandshakes(int changes) throws Exception {
    Client early = Clients.make("null-managers");
    int wrong = 0;
    for (int i = 0; i < changes; i++) {
      boolean trusted = i % 2 == 0;
      deploy(trusted, true);
      boolean accepted = Client.verdict(early, server.port(), "/").startsWith("ok");
      wrong += accepted == trusted ? 0 : 1;
    }
    return "first wrong " + wrong + " of " + changes;
  }

  /** Virtual threads where the JDK has them. */
  private static ExecutorService pool(int threads) throws Exception {
    try {
      return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException before21) {
      return Executors.newFixedThreadPool(threads);
    }
  }

  private static long used() throws Exception {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
