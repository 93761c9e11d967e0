package io.trustcast.jvm.impl.status;

import io.trustcast.jvm.impl.platform.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Map;

/**
 * The file in which this JVM says what it trusts; replaced by rename, so a reader sees one whole
 * version.
 */
public final class StatusFile {
  private static final long POSITION_MASK = (1L << 62) - 1;
  private static final long SIZE_MASK = (1L << 61) - 1;

  private final Path path;
  private final Path temporary;
  private FileChannel vouching;

  private StatusFile(Path directory, String name) {
    this.path = directory.resolve(name + ".json");
    this.temporary = directory.resolve('.' + name + ".tmp");
  }

  /** A name that nobody can foresee: the directory is writable for others. */
  public static String newName() {
    return String.format("%016x%016x", random(), random());
  }

  private static long random() {
    return RandomHolder.RANDOM.nextLong();
  }

  public static StatusFile of(Path directory, String name) {
    return new StatusFile(directory, name);
  }

  boolean exists() {
    return Files.exists(path);
  }

  void write(Map<String, Object> status) throws IOException {
    byte[] bytes = Json.of(status).getBytes(StandardCharsets.US_ASCII);
    FileChannel previous = vouching;
    try {
      Files.deleteIfExists(temporary);
      vouching =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
        vouching.write(left);
      }
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
      vouch(vouching, bytes);
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      Files.deleteIfExists(temporary);
      delete(); // it says what may not hold any more
      throw failure;
    } finally {
      close(
          previous); // after the rename: one of the two locks is held while the other file is read
    }
  }

  void delete() throws IOException {
    Files.deleteIfExists(path);
    close(vouching);
  }

  /**
   * Locks the range that stands for these bytes. The kernel names the holder of a lock, so nobody
   * else can write a status for this process. Any close of the file would release it, hence a
   * channel that stays open.
   */
  private static void vouch(FileChannel channel, byte[] bytes) {
    try {
      ByteBuffer digest = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes));
      channel.tryLock(digest.getLong() & POSITION_MASK, 1 + (digest.getLong() & SIZE_MASK), false);
    } catch (Exception noLocks) {
      // such a file system; the host agent says that the status is not bound
    }
  }

  private static void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException ignored) {
      // the kernel has closed it
    }
  }

  private static final class RandomHolder {
    static final SecureRandom RANDOM = new SecureRandom();
  }
}
