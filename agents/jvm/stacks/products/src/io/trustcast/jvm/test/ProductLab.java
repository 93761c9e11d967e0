package io.trustcast.jvm.test;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;

/** The lab, with the servers that products talk to. */
public final class ProductLab extends Lab {
  /** What runs until the end. */
  private final List<Object> servers = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    ProductLab lab = new ProductLab();
    Commands.serve(lab::answer);
  }

  @Override
  String answer(String command, String[] args) throws Exception {
    switch (command) {
      case "serve-grpc":
        return "ok " + grpc(identity(args[0]), args[1].split(","));
      case "serve-ldaps":
        return "ok " + ldaps(identity(args[0]), args[1].split(","));
      case "free-port":
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
          return "ok " + free.getLocalPort();
        }
      case "postgres":
        postgres(args[0], args[1], identity(args[1]));
        return "ok";
      default:
        return super.answer(command, args);
    }
  }

  private int grpc(Identity identity, String[] protocols) throws Exception {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(ProductClients.ECHO.getServiceName())
            .addMethod(
                ProductClients.ECHO,
                ServerCalls.asyncUnaryCall(
                    (request, answer) -> {
                      answer.onNext(request);
                      answer.onCompleted();
                    }))
            .build();
    SslContextBuilder ssl =
        SslContextBuilder.forServer(identity.keys.getPrivate(), identity.certificate());
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(
                GrpcSslContexts.configure(ssl, SslProvider.JDK).protocols(protocols).build())
            .addService(service)
            .build()
            .start();
    servers.add(server);
    return server.getPort();
  }

  private int ldaps(Identity identity, String[] protocols) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(identity.keyManagers(), null, null);
    InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=com");
    InetAddress loopback = InetAddress.getLoopbackAddress();
    config.setListenerConfigs(
        InMemoryListenerConfig.createLDAPSConfig(
            "ldaps", loopback, 0, new Listeners(context, protocols), null));
    InMemoryDirectoryServer server = new InMemoryDirectoryServer(config);
    server.add("dn: dc=example,dc=com", "objectClass: top", "objectClass: domain", "dc: example");
    server.startListening();
    servers.add(server);
    return server.getListenPort();
  }

  /** Lets a PostgreSQL that runs present this identity to the next connection. */
  private static void postgres(String url, String name, Identity identity) throws Exception {
    String certificate = Identity.pem("CERTIFICATE", identity.certificate().getEncoded());
    String key = Identity.pem("PRIVATE KEY", identity.keys.getPrivate().getEncoded());
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      ResultSet shown = statement.executeQuery("SHOW data_directory");
      shown.next();
      String file = shown.getString(1) + "/" + name;
      for (String[] pair : new String[][] {{certificate, ".crt"}, {key, ".key"}}) {
        String encoded = Base64.getEncoder().encodeToString(pair[0].getBytes());
        String program = "umask 077; base64 -d > " + file + pair[1];
        statement.execute("COPY (SELECT '" + encoded + "') TO PROGRAM '" + program + "'");
      }
      statement.execute("ALTER SYSTEM SET ssl = on");
      statement.execute("ALTER SYSTEM SET ssl_cert_file = '" + name + ".crt'");
      statement.execute("ALTER SYSTEM SET ssl_key_file = '" + name + ".key'");
      statement.execute("SELECT pg_reload_conf()");
    }
    for (int attempt = 0; attempt < 500; attempt++) {
      try (Connection connection = DriverManager.getConnection(url);
          ResultSet shown = connection.createStatement().executeQuery("SHOW ssl_cert_file")) {
        shown.next();
        if (shown.getString(1).equals(name + ".crt")) {
          return;
        }
      }
      Thread.sleep(10);
    }
    throw new IllegalStateException("PostgreSQL did not take " + name);
  }

  /** Listens with certain protocols. */
  private static final class Listeners extends SSLServerSocketFactory {
    private final SSLContext context;
    private final String[] protocols;

    Listeners(SSLContext context, String[] protocols) {
      this.context = context;
      this.protocols = protocols;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return context.getServerSocketFactory().getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return context.getServerSocketFactory().getSupportedCipherSuites();
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
      return createServerSocket(port, 50, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
      return createServerSocket(port, backlog, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address)
        throws IOException {
      SSLServerSocket socket =
          (SSLServerSocket)
              context.getServerSocketFactory().createServerSocket(port, backlog, address);
      socket.setEnabledProtocols(protocols);
      return socket;
    }
  }
}
