import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Collections;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Says what Java makes of keystores and certificates: one question after the other on stdin,
 * answers on stdout. Its arguments are classes of providers, the last of which comes first in the
 * list.
 */
public class ReferenceJvm {
  public static void main(String[] args) throws Exception {
    for (String name : args) {
      Security.insertProviderAt(
          (Provider) Class.forName(name).getDeclaredConstructor().newInstance(), 1);
    }
    DataInputStream in = new DataInputStream(System.in);
    DataOutputStream out = new DataOutputStream(System.out);
    answer(out, "ready".getBytes(StandardCharsets.UTF_8));
    while (true) {
      int fields;
      try {
        fields = in.readInt();
      } catch (EOFException end) {
        return;
      }
      byte[][] question = new byte[fields][];
      for (int i = 0; i < fields; i++) {
        int length = in.readInt();
        question[i] = length < 0 ? null : in.readNBytes(length);
      }
      answer(out, reference(question));
    }
  }

  private static byte[] reference(byte[][] question) {
    try {
      switch (text(question[0])) {
        case "load":
          return load(text(question[1]), password(question[2]), question[3]);
        case "parse":
          return parse(question[1]);
        case "store":
          return store(question);
        case "time-store":
          return timeStore(question);
        default:
          throw new IllegalArgumentException(text(question[0]));
      }
    } catch (Throwable failure) {
      return ("refused " + failure).getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * One line per entry: kind, SHA-256 of the certificate, alias. Fails where no trust manager can
   * be made of it.
   */
  private static byte[] load(String type, char[] password, byte[] bytes) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    store.load(new ByteArrayInputStream(bytes), password);
    StringBuilder lines = new StringBuilder("ok");
    boolean trusted = false;
    for (String alias : Collections.list(store.aliases())) {
      String kind = store.isCertificateEntry(alias) ? "trusted" : "key";
      Certificate certificate = store.getCertificate(alias);
      String sha256 = certificate == null ? "-" : sha256(certificate.getEncoded());
      trusted |= store.isCertificateEntry(alias);
      lines.append('\n').append(kind).append(' ').append(sha256).append(' ').append(alias);
    }
    if (trusted) {
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers();
    }
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] parse(byte[] der) throws Exception {
    Certificate certificate =
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    if (!Arrays.equals(certificate.getEncoded(), der)) {
      throw new IllegalStateException("other bytes");
    }
    return "ok".getBytes(StandardCharsets.UTF_8);
  }

  /**
   * type, password, "name=value" lines of system properties, kinds ("trusted", "key", "secret"),
   * then alias and DER by turns.
   */
  private static byte[] store(byte[][] question) throws Exception {
    for (String line : text(question[3]).split("\n")) {
      if (!line.isEmpty()) {
        System.setProperty(
            line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
      }
    }
    try {
      char[] password = password(question[2]);
      KeyStore store = KeyStore.getInstance(text(question[1]));
      store.load(null, null);
      String[] kinds = text(question[4]).split(",");
      for (int i = 0; i < kinds.length; i++) {
        String alias = text(question[5 + 2 * i]);
        Certificate certificate = certificate(question[6 + 2 * i]);
        switch (kinds[i]) {
          case "trusted":
            store.setCertificateEntry(alias, certificate);
            break;
          case "key":
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            store.setKeyEntry(
                alias,
                generator.generateKeyPair().getPrivate(),
                password,
                new Certificate[] {certificate});
            break;
          case "secret":
            store.setKeyEntry(
                alias, new javax.crypto.spec.SecretKeySpec(new byte[16], "AES"), password, null);
            break;
          default:
            throw new IllegalArgumentException(kinds[i]);
        }
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      store.store(bytes, password);
      return bytes.toByteArray();
    } finally {
      for (String line : text(question[3]).split("\n")) {
        if (!line.isEmpty()) {
          System.clearProperty(line.substring(0, line.indexOf('=')));
        }
      }
    }
  }

  /**
   * Loads a passwordless PKCS#12, then writes it to a file as often as asked: store, sync, rename,
   * sync; answers ns.
   */
  private static byte[] timeStore(byte[][] question) throws Exception {
    System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
    System.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new ByteArrayInputStream(question[1]), null);
    StringBuilder times = new StringBuilder("ok");
    for (int left = Integer.parseInt(text(question[2])); left > 0; left--) {
      long start = System.nanoTime();
      if (question[3] == null) {
        store.store(OutputStream.nullOutputStream(), null);
      } else {
        replace(Path.of(text(question[3])), store);
      }
      times.append(' ').append(System.nanoTime() - start);
    }
    return times.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void replace(Path file, KeyStore store) throws Exception {
    Path temporary = file.resolveSibling("java-new");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      OutputStream to = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      store.store(to, null);
      to.flush();
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(file.getParent())) {
      folder.force(true);
    }
  }

  private static Certificate certificate(byte[] der) throws Exception {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(der));
  }

  private static String sha256(byte[] bytes) throws Exception {
    return String.format(
        "%064x", new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  private static char[] password(byte[] bytes) {
    return bytes == null ? null : text(bytes).toCharArray();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void answer(DataOutputStream out, byte[] bytes) throws Exception {
    out.writeInt(bytes.length);
    out.write(bytes);
    out.flush();
  }
}
