package io.trustcast.jvm.test;

import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** The application under test: knows nothing of the agent. */
public final class Subject {
  private final Map<String, Client> clients = new HashMap<>();
  private final List<Object> kept = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    for (String setting : args) {
      String[] pair = setting.split("=", 2);
      System.setProperty(pair[0], pair[1]); // as applications do in main()
    }
    Subject subject = new Subject();
    Commands.serve(subject::answer);
  }

  private String answer(String command, String[] args) throws Exception {
    switch (command) {
      case "make":
        clients.put(args[0], Clients.make(args[1]));
        return "ok";
      case "call":
        return Client.verdict(
            clients.get(args[0]), Integer.parseInt(args[1]), args.length > 2 ? args[2] : "/");
      case "offers":
        return "ok "
            + AtOnce.offers(
                Integer.parseInt(args[0]),
                Path.of(args[1]),
                Path.of(args[2]),
                Path.of(args[3]),
                Integer.parseInt(args[4]));
      case "serve":
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
            Identity.make("subject", false, null).keyManagers(),
            Clients.managers("PKIX", args[0]),
            null);
        return "ok " + new Server(context, args[1], args.length < 3).port();
      case "default-context":
        SSLContext.setDefault(Clients.context(Clients.managers("PKIX", args[0])));
        return "ok";
      case "default-manager":
        SSLContext.setDefault(Clients.context(new TrustManager[] {OwnManagers.make(args[0])}));
        return "ok";
      case "default-wrapped":
        SSLContext inside = SSLContext.getDefault();
        SSLContext made =
            args.length == 0
                ? inside
                : Clients.context(new TrustManager[] {OwnManagers.make(args[0])});
        SSLContext.setDefault(new WrappingContext(inside, made));
        return "ok";
      case "provider":
        Security.insertProviderAt(new OwnProvider(args[0]), 1);
        return "ok";
      case "remove-provider":
        Security.removeProvider(args[0]);
        return "ok";
      case "default-factories":
        SSLSocketFactory.getDefault();
        SSLServerSocketFactory.getDefault();
        return "ok";
      case "default-managers":
        SSLContext.getInstance("Default"); // keeps them, but is not the default context
        return "ok";
      case "gc":
        System.gc();
        return "ok";
      case "url-connection-factory":
        HttpsURLConnection.setDefaultSSLSocketFactory(
            Clients.context(Clients.managers("PKIX", args[0])).getSocketFactory());
        return "ok";
      case "url-connection-wrapped":
        HttpsURLConnection.setDefaultSSLSocketFactory(
            new WrappingContext.Sockets((SSLSocketFactory) SSLSocketFactory.getDefault()));
        return "ok";
      case "fill": // with arrays that stay alive
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
          kept.add(new byte[1 << 20]);
        }
        return "ok";
      case "let-go":
        kept.clear();
        System.gc();
        return "ok";
      case "churn": // as requests do, in threads of the application
        return "ok " + Churn.forMs(Integer.parseInt(args[0]));
      case "keep":
        clients.put(args[0], new KeptConnection(Integer.parseInt(args[1])));
        return "ok";
      case "exit-with-lock":
        OwnManagers.withLock(() -> System.exit(0));
        return "ok";
      case "hold-lock":
        OwnManagers.holdLock();
        return "ok";
      case "load":
        kept.add(Class.forName(args[0]));
        return "ok";
      case "clock":
        return "ok " + System.currentTimeMillis();
      case "threads":
        return "ok "
            + Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals(args[0]))
                .count();
      case "security":
        Security.setProperty(args[0], args.length < 2 ? "" : args[1]);
        return "ok";
      case "issuers":
        TrustManager[] managers = Clients.managers("PKIX", args.length == 0 ? null : args[0]);
        kept.add(managers);
        return "ok " + ((X509TrustManager) managers[0]).getAcceptedIssuers().length;
      case "property":
        System.setProperty(args[0], args[1]);
        return "ok";
      default:
        throw new IllegalArgumentException(command);
    }
  }
}
