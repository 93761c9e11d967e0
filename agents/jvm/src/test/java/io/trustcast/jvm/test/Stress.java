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
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Handshakes in many threads while the truststore changes, then one handshake right after each
 * change. Arguments: the truststore, threads, changes under load, changes with a first handshake.
 * Prints the heap that is in use after each tenth of the changes under load.
 */
public final class Stress {
  private final Path truststore;
  private final Identity marker = Identity.make("marker", false, null);
  private final Identity partner = Identity.make("partner", false, null);
  private final Identity other = Identity.make("other", false, null);

  /** Handshakes share it; who looks at the heap has it alone. */
  private final ReadWriteLock running = new ReentrantReadWriteLock(true);

  private final Server server;

  private Stress(Path truststore) throws Exception {
    this.truststore = truststore;
    deploy(true, false);
    server = new Server(partner, "TLSv1.3,TLSv1.2", null);
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
    AtomicInteger handshakes = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService pool = pool(threads);
    List<Future<?>> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      String kind = i % 2 == 0 ? "null-managers" : "engine";
      boolean fresh = i % 4 < 2;
      workers.add(pool.submit(() -> handshake(kind, fresh, handshakes, stop)));
    }
    for (int i = 1; i <= changes; i++) {
      deploy(true, i % 2 == 0);
      await(handshakes, 1, workers);
      if (i % Math.max(1, changes / 10) == 0) {
        System.gc();
        deploy(true, i % 2 == 1); // weak maps let go of what was collected when something new comes
        await(handshakes, 2 * threads, workers);
        System.out.println("heap after " + i + " changes: " + usedKiB() + " KiB");
      }
    }
    stop.set(true);
    for (Future<?> worker : workers) {
      worker.get();
    }
    pool.shutdown();
    return "load "
        + handshakes
        + " handshakes in "
        + threads
        + " threads over "
        + changes
        + " changes";
  }

  /** With clients that are made for each connection, or one that was made before the changes. */
  private Void handshake(String kind, boolean fresh, AtomicInteger handshakes, AtomicBoolean stop)
      throws Exception {
    Client early = Clients.make(kind);
    while (!stop.get()) {
      running.readLock().lock();
      try {
        (fresh ? Clients.make(kind) : early).call(server.port(), "/");
      } finally {
        running.readLock().unlock();
      }
      handshakes.incrementAndGet();
    }
    return null;
  }

  private static void await(AtomicInteger handshakes, int more, List<Future<?>> workers)
      throws Exception {
    for (int before = handshakes.get(); handshakes.get() < before + more; Thread.sleep(1)) {
      for (Future<?> worker : workers) {
        if (worker.isDone()) {
          worker.get(); // throws what the handshake threw
        }
      }
    }
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
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException before21) {
      return Executors.newFixedThreadPool(threads);
    }
  }

  /** In use after full collections; soft references go with them where the JVM was told so. */
  private long usedKiB() throws Exception {
    running.writeLock().lock();
    try {
      Runtime runtime = Runtime.getRuntime();
      long usedKiB = Long.MAX_VALUE;
      while (true) {
        System.gc();
        Thread.sleep(50);
        long nowKiB = (runtime.totalMemory() - runtime.freeMemory()) / 1024;
        if (nowKiB >= usedKiB) {
          return usedKiB;
        }
        usedKiB = nowKiB;
      }
    } finally {
      running.writeLock().unlock();
    }
  }
}
