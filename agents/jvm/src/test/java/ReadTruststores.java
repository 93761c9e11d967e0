import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.TreeSet;

/**
 * Prints what the KeyStore of Java sees in each file: fingerprint and alias of every entry, on one
 * line.
 */
public final class ReadTruststores {
  private ReadTruststores() {}

  public static void main(String[] files) throws Exception {
    for (String file : files) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(Path.of(file))) {
        store.load(in, null);
      }
      StringBuilder line = new StringBuilder();
      for (String alias : new TreeSet<>(Collections.list(store.aliases()))) {
        byte[] der = store.getCertificate(alias).getEncoded();
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(der);
        line.append(String.format("%064x", new BigInteger(1, hash)))
            .append(alias)
            .append(store.isCertificateEntry(alias) ? '\t' : '!');
      }
      System.out.println(line.toString().trim());
    }
  }
}
