package io.trustcast.jvm.test;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;

/** An application that uses third-party TLS stacks and knows nothing of the agent. */
public final class StackSubject {
  private final Map<String, Client> clients = new HashMap<>();

  public static void main(String[] args) throws Exception {
    StackSubject subject = new StackSubject();
    Commands.serve(subject::answer);
  }

  private String answer(String command, String[] args) throws Exception {
    switch (command) {
      case "make":
        clients.put(args[0], StackClients.make(args[1], args.length > 2 ? args[2] : null));
        return "ok";
      case "call":
        return Client.verdict(clients.get(args[0]), Integer.parseInt(args[1]), "/");
      case "serve":
        return "ok " + StackServers.start(args[0], args[1], keystore().toString());
      default:
        throw new IllegalArgumentException(command);
    }
  }

  /** A file with a new server's key; its password is {@code changeit}. */
  private static Path keystore() throws Exception {
    Identity identity = Identity.make("subject", false, null);
    char[] password = "changeit".toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "key",
        identity.keys.getPrivate(),
        password,
        identity.chain.toArray(new X509Certificate[0]));
    Path file = Files.createTempFile("trustcast-stacks-", ".p12");
    file.toFile().deleteOnExit();
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, password);
    }
    return file;
  }
}
