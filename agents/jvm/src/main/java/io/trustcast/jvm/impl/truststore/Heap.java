package io.trustcast.jvm.impl.truststore;

/**
 * Asks what the heap has left before a set is loaded: an application must not run out of memory
 * because of us. The figures per entry are upper bounds of what was measured on JDK 11 to 25
 * (docs/compatibility.md).
 */
public final class Heap {
  static final String TOO_SMALL = "HEAP_TOO_SMALL";

  /** A certificate as the JDK holds it, beside its own bytes, and how often it holds these. */
  private static final long FRESH_BYTES = 4_096;

  private static final long DER_FACTOR = 3;

  /**
   * What a set and its validators take for each entry, while those of the previous set are still
   * there.
   */
  private static final long SHARED_BYTES = 2_048;

  /** The same for what is left of a set after removals, of which nothing is new. */
  private static final long LESS_BYTES = 1_024;

  /** A certificate of usual size. */
  private static final long ENTRY_BYTES = FRESH_BYTES + DER_FACTOR * 1_024 + SHARED_BYTES;

  /** Left to the application, as a part of the whole heap; where little is needed, nothing. */
  private static final int RESERVE_PART = 16;

  private static final int FREELY_PART = 128;
  private static final int MAX_ENTRIES = 20_000;

  private static volatile FileStamp collectedFor;
  private static volatile long needed;

  private Heap() {}

  /** Collects garbage once for a file that has no room otherwise. */
  static void require(FileStamp file, PlainPkcs12.Count count) throws LoadFailure {
    long bytes =
        count.fresh * FRESH_BYTES + count.freshBytes * DER_FACTOR + count.entries * SHARED_BYTES;
    needed = bytes;
    if (!hasRoom() && !file.equals(collectedFor)) {
      collectedFor = file;
      System.gc();
    }
    if (!hasRoom()) {
      throw new LoadFailure(
          TOO_SMALL,
          count.entries
              + " entries need "
              + mib(bytes + reserve())
              + " MiB of heap, "
              + mib(free())
              + " MiB are left of "
              + mib(Runtime.getRuntime().maxMemory()));
    }
  }

  /** Whether what the last file needed is there by now. */
  static boolean hasRoom() {
    return free() >= needed + reserve();
  }

  /**
   * Whether removals from a set of so many entries can be applied. They come first: nothing is left
   * free for anybody.
   */
  static boolean hasRoomForLess(int entries) {
    return free() >= entries * LESS_BYTES;
  }

  /** How many entries the heap could hold, beside what the application keeps; in few steps. */
  public static int entries(int loaded) {
    Runtime runtime = Runtime.getRuntime();
    long room =
        Math.max(0, free() + loaded * ENTRY_BYTES - runtime.maxMemory() / RESERVE_PART)
            / ENTRY_BYTES;
    long step = 1;
    for (long next :
        new long[] {10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, MAX_ENTRIES}) {
      step = room >= next ? next : step;
    }
    return (int) step;
  }

  private static long reserve() {
    long max = Runtime.getRuntime().maxMemory();
    return needed > max / FREELY_PART ? max / RESERVE_PART : 0;
  }

  private static long free() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
  }

  private static long mib(long bytes) {
    return bytes >> 20;
  }
}
