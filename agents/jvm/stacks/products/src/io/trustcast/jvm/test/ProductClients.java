package io.trustcast.jvm.test;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.stub.ClientCalls;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.PfxOptions;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Hashtable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.naming.Context;
import javax.naming.directory.InitialDirContext;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import org.wildfly.security.ssl.SSLContextBuilder;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import software.amazon.awssdk.crt.http.HttpClientConnectionManager;
import software.amazon.awssdk.crt.http.HttpClientConnectionManagerOptions;
import software.amazon.awssdk.crt.io.ClientBootstrap;
import software.amazon.awssdk.crt.io.EventLoopGroup;
import software.amazon.awssdk.crt.io.HostResolver;
import software.amazon.awssdk.crt.io.SocketOptions;
import software.amazon.awssdk.crt.io.TlsContext;
import software.amazon.awssdk.crt.io.TlsContextOptions;

/**
 * Products' own clients, with the JVM's default trust, our file or a truststore of their own, as
 * their manuals say.
 */
final class ProductClients {
  private static final int DEADLINE_S = 10;

  /** It waits for up to 30 seconds before it says that a chain was refused. */
  private static final int REFUSED_S = 60;

  static final MethodDescriptor<String, String> ECHO =
      MethodDescriptor.newBuilder(new Text(), new Text())
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("trustcast.Echo/Echo")
          .build();

  private ProductClients() {}

  /** Without a file, with the JVM's default trust. */
  static Client make(String kind, String file) throws Exception {
    switch (kind) {
      case "web-client":
        return webClient(file);
      case "vertx":
        return vertx(file);
      case "grpc":
        return grpc(file);
      case "kafka":
        return new KafkaClient(file);
      case "jndi":
        return ProductClients::jndi;
      case "jdbc":
        return (port, url) -> {
          DriverManager.getConnection(url).close();
          return null;
        };
      case "crt":
        return crt(file);
      case "elytron":
        return elytron(file);
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  private static Client webClient(String file) throws Exception {
    HttpClient http = HttpClient.create();
    if (file != null) {
      TrustManagerFactory factory = factory(file);
      Http11SslContextSpec spec =
          Http11SslContextSpec.forClient().configure(builder -> builder.trustManager(factory));
      http = http.secure(secure -> secure.sslContext(spec));
    }
    WebClient client =
        WebClient.builder().clientConnector(new ReactorClientHttpConnector(http)).build();
    return (port, path) -> {
      try {
        client
            .get()
            .uri(url(port, path))
            .retrieve()
            .toBodilessEntity()
            .block(Duration.ofSeconds(DEADLINE_S));
        return null;
      } catch (RuntimeException failure) {
        throw root(failure);
      }
    };
  }

  private static Client vertx(String file) {
    HttpClientOptions options = new HttpClientOptions().setSsl(true);
    if (file != null) {
      options.setTrustOptions(new PfxOptions().setPath(file).setPassword(""));
    }
    io.vertx.core.http.HttpClient client = Vertx.vertx().createHttpClient(options);
    return (port, path) -> {
      try {
        client
            .request(HttpMethod.GET, port, "localhost", path)
            .compose(HttpClientRequest::send)
            .compose(HttpClientResponse::body)
            .toCompletionStage()
            .toCompletableFuture()
            .get(DEADLINE_S, TimeUnit.SECONDS);
        return null;
      } catch (ExecutionException failure) {
        throw root(failure);
      }
    };
  }

  private static Client grpc(String file) throws Exception {
    SslContextBuilder builder = GrpcSslContexts.forClient();
    io.grpc.netty.shaded.io.netty.handler.ssl.SslContext ssl =
        (file == null ? builder : builder.trustManager(factory(file))).build();
    return (port, path) -> {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("localhost", port).sslContext(ssl).build();
      try {
        CallOptions deadline = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_S, TimeUnit.SECONDS);
        ClientCalls.blockingUnaryCall(channel, ECHO, deadline, path);
        return null;
      } catch (StatusRuntimeException failure) {
        throw root(failure);
      } finally {
        channel.shutdownNow().awaitTermination(DEADLINE_S, TimeUnit.SECONDS);
      }
    };
  }

  private static Boolean jndi(int port, String path) throws Exception {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    settings.put(Context.PROVIDER_URL, "ldaps://localhost:" + port + "/dc=example,dc=com");
    try {
      InitialDirContext context = new InitialDirContext(settings);
      context.getAttributes("");
      context.close();
      return null;
    } catch (javax.naming.NamingException failure) {
      throw root(failure);
    }
  }

  /** With a file of PEM certificates, or what the operating system trusts. */
  private static Client crt(String file) {
    TlsContextOptions options = TlsContextOptions.createDefaultClient();
    if (file != null) {
      options.withCertificateAuthorityFromPath(null, file);
    }
    TlsContext tls = new TlsContext(options);
    EventLoopGroup group = new EventLoopGroup(1);
    ClientBootstrap bootstrap = new ClientBootstrap(group, new HostResolver(group));
    return (port, path) -> {
      HttpClientConnectionManagerOptions manager = new HttpClientConnectionManagerOptions();
      manager
          .withClientBootstrap(bootstrap)
          .withSocketOptions(new SocketOptions())
          .withTlsContext(tls);
      manager.withUri(URI.create(url(port, path))).withMaxConnections(1);
      try (HttpClientConnectionManager connections = HttpClientConnectionManager.create(manager)) {
        connections.releaseConnection(
            connections.acquireConnection().get(REFUSED_S, TimeUnit.SECONDS));
        return null;
      } catch (ExecutionException failure) {
        throw root(failure);
      }
    };
  }

  /** WildFly's default-ssl-context: Elytron's context becomes the JVM's default. */
  private static Client elytron(String file) throws Exception {
    SSLContextBuilder builder = new SSLContextBuilder().setClientMode(true);
    builder.setTrustManager((X509TrustManager) factory(file).getTrustManagers()[0]);
    SSLContext.setDefault(builder.build().create());
    return Clients.sockets((SSLSocketFactory) SSLSocketFactory.getDefault());
  }

  private static TrustManagerFactory factory(String file) throws Exception {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(file == null ? (KeyStore) null : Clients.load(file));
    return factory;
  }

  /** What a product wraps in exceptions of its own. */
  static Exception root(Throwable failure) {
    Throwable cause = failure;
    while (!(cause instanceof javax.net.ssl.SSLException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof Exception ? (Exception) cause : new Exception(cause);
  }

  private static String url(int port, String path) {
    return "https://localhost:" + port + path;
  }

  /** A message that is its own text. */
  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String text) {
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (java.io.IOException unreadable) {
        throw new java.io.UncheckedIOException(unreadable);
      }
    }
  }
}
