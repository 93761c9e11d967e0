package io.trustcast.jvm.impl.truststore;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;

/**
 * Waits until something in a directory changes. Where no watch can be had, waits for the time
 * alone.
 */
public final class DirectoryWatch {
  private final Path directory;
  private WatchService service;
  private WatchKey key;
  private volatile boolean closed;

  public DirectoryWatch(Path directory) {
    this.directory = directory;
  }

  /** Returns at the first change, or when the time is over. */
  public void await(long timeoutMs) throws InterruptedException {
    if (!watching()) {
      Thread.sleep(closed ? 0 : timeoutMs);
      return;
    }
    try {
      WatchKey signalled = service.poll(timeoutMs, TimeUnit.MILLISECONDS);
      if (signalled != null) {
        signalled.pollEvents();
        signalled.reset();
      }
    } catch (ClosedWatchServiceException end) {
      Thread.sleep(closed ? 0 : timeoutMs);
    }
  }

  /** Ends a wait. */
  public void close() throws IOException {
    closed = true;
    WatchService open = service;
    if (open != null) {
      open.close();
    }
  }

  private boolean watching() {
    try {
      if (service == null && !closed) {
        service = directory.getFileSystem().newWatchService();
      }
      if (key == null || !key.isValid()) {
        key =
            directory.register(
                service,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE);
      }
      return true;
    } catch (IOException | RuntimeException limitOrMissingDirectory) {
      return false;
    }
  }
}
