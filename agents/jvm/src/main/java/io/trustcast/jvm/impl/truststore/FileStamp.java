package io.trustcast.jvm.impl.truststore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/** What one stat call says about the truststore file; two equal stamps are the same content. */
public final class FileStamp {
  public static final FileStamp MISSING = new FileStamp("missing", 0, 0, -1, 0, 0);

  private static final int TYPE_MASK = 0170000;
  private static final int REGULAR = 0100000;

  public final long device;
  public final long inode;
  final long size;

  /** The value that java.io.File.lastModified answers; 0 for a missing file. */
  final long modifiedMs;

  private final String times;
  private final int mode;

  private FileStamp(String times, long device, long inode, long size, long modifiedMs, int mode) {
    this.times = times;
    this.device = device;
    this.inode = inode;
    this.size = size;
    this.modifiedMs = modifiedMs;
    this.mode = mode;
  }

  static FileStamp of(Path path) throws IOException {
    Map<String, Object> stat;
    try {
      stat = Files.readAttributes(path, "unix:dev,ino,size,mode,lastModifiedTime,ctime");
    } catch (NoSuchFileException missing) {
      return MISSING;
    }
    FileTime modified = (FileTime) stat.get("lastModifiedTime");
    return new FileStamp(
        modified + "/" + stat.get("ctime"),
        ((Number) stat.get("dev")).longValue(),
        ((Number) stat.get("ino")).longValue(),
        ((Number) stat.get("size")).longValue(),
        modified.toMillis(),
        ((Number) stat.get("mode")).intValue());
  }

  boolean isRegular() {
    return (mode & TYPE_MASK) == REGULAR;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof FileStamp)) {
      return false;
    }
    FileStamp that = (FileStamp) other;
    return device == that.device
        && inode == that.inode
        && size == that.size
        && mode == that.mode
        && times.equals(that.times);
  }

  @Override
  public int hashCode() {
    return times.hashCode();
  }
}
