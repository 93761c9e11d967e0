package io.trustcast.jvm.test;

import com.sun.tools.attach.VirtualMachine;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The world around the JVM under test: certificates, HTTPS servers, truststore files, and
 * attaching. Runs without the agent.
 */
public class Lab {
  private static final int NAMED_BYTES = 115;

  /** What a subject with a short common name takes beside it. */
  private static final int AROUND_NAME_BYTES = 15;

  private final Map<String, Identity> identities = new HashMap<>();
  private final Map<String, Client> clients = new HashMap<>();
  private final Map<String, Server> servers = new HashMap<>();

  public static void main(String[] args) throws Exception {
    Lab lab = new Lab();
    Commands.serve(lab::answer);
  }

  String answer(String command, String[] args) throws Exception {
    switch (command) {
      case "self":
        identities.put(args[0], Identity.make(args[0], args.length > 1, null));
        return "ok";
      case "issue":
        identities.put(args[0], Identity.make(args[0], args.length > 2, identities.get(args[1])));
        return "ok";
      case "renew":
        identities.put(args[0], identities.get(args[1]).renewed(args[1]));
        return "ok";
      case "serve":
        Server server =
            new Server(
                identities.get(args[1]), args[2], args.length > 3 ? identities.get(args[3]) : null);
        servers.put(args[0], server);
        return "ok " + server.port();
      case "client":
        clients.put(args[0], Clients.presenting(identities.get(args[1])));
        return "ok";
      case "call":
        return Client.verdict(clients.get(args[0]), Integer.parseInt(args[1]), "/");
      case "served":
        return "ok " + servers.get(args[0]).served();
      case "read":
        identities.put(args[0], Identity.of(Base64.getDecoder().decode(args[1])));
        return "ok";
      case "store":
        return "ok " + Truststores.write(Path.of(args[0]), entries(args));
      case "encrypt":
        Truststores.writeEncrypted(Path.of(args[0]), entries(args));
        return "ok";
      case "many":
        return "ok " + Truststores.write(Path.of(args[0]), many(Integer.parseInt(args[1]), args));
      // so that the subjects of all, each with 2 bytes before it, have this many bytes
      case "named":
        return "ok " + Truststores.write(Path.of(args[0]), named(Integer.parseInt(args[1]), args));
      case "write":
        Files.write(Path.of(args[0]), args.length > 1 ? args[1].getBytes() : new byte[0]);
        return "ok";
      case "rename-method":
        renameMethod(Path.of(args[0]), args[1], args[2], args[3], Path.of(args[4]));
        return "ok";
      case "pem":
        identities.get(args[1]).writePem(Path.of(args[0]));
        return "ok";
      case "attach":
        VirtualMachine machine = VirtualMachine.attach(args[0]);
        try {
          machine.loadAgent(args[1], args[2]);
        } finally {
          machine.detach();
        }
        return "ok";
      default:
        throw new IllegalArgumentException(command);
    }
  }

  Identity identity(String name) {
    return identities.get(name);
  }

  /** Copies a class of a JDK with one name in it changed to another of the same length. */
  private static void renameMethod(Path to, String type, String name, String other, Path jdk)
      throws Exception {
    String text;
    try (FileSystem image =
        FileSystems.newFileSystem(URI.create("jrt:/"), Map.of("java.home", jdk.toString()))) {
      byte[] bytes = Files.readAllBytes(image.getPath("modules/java.base/" + type + ".class"));
      text = new String(bytes, StandardCharsets.ISO_8859_1);
    }
    Files.write(to, text.replace(name, other).getBytes(StandardCharsets.ISO_8859_1));
  }

  private Map<String, Identity> entries(String[] args) {
    Map<String, Identity> entries = new LinkedHashMap<>();
    for (int i = 1; i < args.length; i++) {
      String[] pair = args[i].split("=");
      if (pair.length == 2) {
        entries.put(pair[0], identities.get(pair[1]));
      }
    }
    return entries;
  }

  private Map<String, Identity> named(int bytes, String[] args) throws Exception {
    Map<String, Identity> entries = entries(args);
    entries.remove("trustcast/marker");
    int left = bytes - entries.values().stream().mapToInt(Lab::nameBytes).sum();
    for (int i = 0; left > 0; i++) {
      int bytesOfThis = left > 2 * NAMED_BYTES ? NAMED_BYTES : left > NAMED_BYTES ? left / 2 : left;
      String name = String.format("%0" + (bytesOfThis - AROUND_NAME_BYTES) + "d", i);
      if (!identities.containsKey(name)) {
        identities.put(name, Identity.make(name, true, null));
      }
      entries.put("named-" + i, identities.get(name));
      left -= nameBytes(identities.get(name));
    }
    entries.put("trustcast/marker", identities.get("marker"));
    return entries;
  }

  private static int nameBytes(Identity identity) {
    return 2 + identity.certificate().getSubjectX500Principal().getEncoded().length;
  }

  private Map<String, Identity> many(int count, String[] args) throws Exception {
    Map<String, Identity> entries = entries(args);
    for (int i = 0; i < count; i++) {
      String name = "bulk-" + i;
      if (!identities.containsKey(name)) {
        identities.put(name, Identity.make(name, true, null));
      }
      entries.put(name, identities.get(name));
    }
    return entries;
  }
}
