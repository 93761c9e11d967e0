import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Scanner;

/**
 * Writes each line of its input, base64, as the agent of a JVM writes its status: locked, then
 * renamed.
 */
public final class Speaker {
  private Speaker() {}

  public static void main(String[] files) throws Exception {
    List<FileChannel> held = new ArrayList<>();
    FileTime always = FileTime.fromMillis(System.currentTimeMillis());
    System.out.println("ready");
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      byte[] bytes = Base64.getDecoder().decode(lines.nextLine());
      Path file = Path.of(files[0]);
      Path temporary = Path.of(files[0] + ".tmp");
      FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      channel.write(ByteBuffer.wrap(bytes));
      Files.setLastModifiedTime(temporary, always);
      ByteBuffer digest = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes));
      channel.lock(
          digest.getLong() & ((1L << 62) - 1), 1 + (digest.getLong() & ((1L << 61) - 1)), false);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      held.add(channel);
      System.out.println("said");
    }
  }
}
