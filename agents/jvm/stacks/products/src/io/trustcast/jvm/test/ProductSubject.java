package io.trustcast.jvm.test;

import java.util.HashMap;
import java.util.Map;

/** An application that uses products' clients and knows nothing of the agent. */
public final class ProductSubject {
  private final Map<String, Client> clients = new HashMap<>();

  public static void main(String[] args) throws Exception {
    ProductSubject subject = new ProductSubject();
    Commands.serve(subject::answer);
  }

  private String answer(String command, String[] args) throws Exception {
    switch (command) {
      case "make":
        clients.put(args[0], ProductClients.make(args[1], args.length > 2 ? args[2] : null));
        return "ok";
      case "call":
        return Client.verdict(
            clients.get(args[0]), Integer.parseInt(args[1]), args.length > 2 ? args[2] : "/");
      default:
        throw new IllegalArgumentException(command);
    }
  }
}
