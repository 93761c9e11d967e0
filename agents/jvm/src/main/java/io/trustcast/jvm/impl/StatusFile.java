package io.trustcast.jvm.impl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Map;

/** The file in which this JVM says what it trusts; replaced by rename, so a reader sees one whole version. */
final class StatusFile {
  private final Path path;
  private final Path temporary;

  private StatusFile(Path directory, String name) {
    this.path = directory.resolve(name + ".json");
    this.temporary = directory.resolve('.' + name + ".tmp");
  }

  /** A name that nobody can foresee: the directory is writable for others. */
  static String newName() {
    return String.format("%016x%016x", random(), random());
  }

  private static long random() {
    return RandomHolder.RANDOM.nextLong();
  }

  static StatusFile of(Path directory, String name) {
    return new StatusFile(directory, name);
  }

  boolean exists() {
    return Files.exists(path);
  }

  void write(Map<String, Object> status) throws IOException {
    byte[] bytes = Json.of(status).getBytes(StandardCharsets.US_ASCII);
    try {
      Files.deleteIfExists(temporary);
      Files.write(temporary, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      Files.deleteIfExists(temporary);
      Files.deleteIfExists(path); // it says what may not hold any more
      throw failure;
    }
  }

  void delete() throws IOException {
    Files.deleteIfExists(path);
  }

  private static final class RandomHolder {
    static final SecureRandom RANDOM = new SecureRandom();
  }
}
