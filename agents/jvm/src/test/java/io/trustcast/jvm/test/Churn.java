package io.trustcast.jvm.test;

import java.util.concurrent.atomic.AtomicInteger;

/** Threads that allocate and let go, as those of an application do. */
final class Churn {
  private Churn() {}

  /** How many of them ran out of memory. */
  static int forMs(long durationMs) throws InterruptedException {
    AtomicInteger failed = new AtomicInteger();
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = new Thread(() -> run(durationMs, failed));
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return failed.get();
  }

  private static void run(long durationMs, AtomicInteger failed) {
    long endMs = System.currentTimeMillis() + durationMs;
    try {
      while (System.currentTimeMillis() < endMs) {
        byte[][] request = new byte[16][];
        for (int i = 0; i < request.length; i++) {
          request[i] = new byte[32 << 10];
          Thread.sleep(1);
        }
      }
    } catch (OutOfMemoryError exhausted) {
      failed.incrementAndGet();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }
}
