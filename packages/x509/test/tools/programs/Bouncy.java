import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** Writes and reads with BouncyCastle: see ../records.ts for what the printed lines mean. */
public class Bouncy {
  private static final String TOOL = "BouncyCastle";
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static Path folder;

  public static void main(String[] args) throws Exception {
    folder = Path.of(args[0]);
    Provider provider =
        (Provider)
            Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider")
                .getDeclaredConstructor()
                .newInstance();
    Security.insertProviderAt(provider, 1);
    say("version", TOOL, provider.getVersionStr());
    CertificateFactory factory = CertificateFactory.getInstance("X.509", provider);
    List<Certificate> both = new ArrayList<>(certificates(factory, "both.pem"));

    TreeSet<String> types = new TreeSet<>();
    for (Provider.Service service : provider.getServices()) {
      if (service.getType().equals("KeyStore")) {
        types.add(service.getAlgorithm());
      }
    }
    for (String type : types) {
      write(provider, type, "truststore", both, false);
      write(provider, type, "with a key", both, true);
    }
    read("plain", () -> load(provider, "ours-plain.p12", null));
    read("mac", () -> load(provider, "ours-mac.p12", PASSWORD));
    read("encrypted", () -> load(provider, "ours-encrypted.p12", PASSWORD));
    read("pem", () -> certificates(factory, "ours.pem").size());
    read("der", () -> certificates(factory, "ours.der").size());
    read("p7b", () -> certificates(factory, "ours.p7b").size());
  }

  private static void write(
      Provider provider, String type, String what, List<Certificate> both, boolean withKey) {
    String form = type + ", " + what;
    String name = "bouncy-" + type + (withKey ? "-key" : "") + ".ks";
    try {
      KeyStore store = KeyStore.getInstance(type, provider);
      store.load(null, PASSWORD);
      if (withKey) {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        store.setKeyEntry(
            "server",
            generator.generateKeyPair().getPrivate(),
            PASSWORD,
            both.subList(0, 1).toArray(new Certificate[0]));
      } else {
        for (int i = 0; i < both.size(); i++) {
          store.setCertificateEntry("entry-" + i, both.get(i));
        }
      }
      try (OutputStream out = new FileOutputStream(folder.resolve(name).toFile())) {
        store.store(out, PASSWORD);
      }
      say("wrote", TOOL, form, name, new String(PASSWORD), withKey ? "1" : "2");
    } catch (Throwable failure) {
      say("failed", TOOL, form, failure.toString());
    }
  }

  private static int load(Provider provider, String name, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12", provider);
    try (InputStream in = new FileInputStream(folder.resolve(name).toFile())) {
      store.load(in, password);
    }
    return store.size();
  }

  private static Collection<? extends Certificate> certificates(
      CertificateFactory factory, String name) throws Exception {
    return factory.generateCertificates(
        new ByteArrayInputStream(Files.readAllBytes(folder.resolve(name))));
  }

  private static void read(String form, Callable<Integer> count) {
    try {
      say("read", TOOL, form, String.valueOf(count.call()));
    } catch (Throwable failure) {
      say("unread", TOOL, form, failure.toString());
    }
  }

  private static void say(String... fields) {
    System.out.println(String.join("\t", fields).replace('\n', ' '));
  }
}
