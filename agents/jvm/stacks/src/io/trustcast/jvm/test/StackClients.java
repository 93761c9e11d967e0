package io.trustcast.jvm.test;

import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.URI;
import java.security.KeyStore;
import java.security.Security;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.conscrypt.Conscrypt;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.ClientHttpRequestFactorySettings;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.jks.JksSslStoreBundle;
import org.springframework.boot.ssl.jks.JksSslStoreDetails;
import org.springframework.web.client.RestClient;

/**
 * Third-party clients, with the JVM's default trust or with a truststore file, as their manuals
 * say.
 */
final class StackClients {
  private StackClients() {}

  /** Without a file, with the JVM's default trust. */
  static Client make(String kind, String file) throws Exception {
    switch (kind) {
      case "netty-jdk":
        return netty(SslProvider.JDK, file);
      case "netty-openssl":
        return netty(SslProvider.OPENSSL, file);
      case "okhttp":
        return okHttp(file);
      case "apache-4":
        return apache4(file);
      case "apache-5":
        return apache5(file);
      case "jetty":
        return jetty(file);
      case "spring":
        return spring(file);
      case "kafka":
        return kafka(file);
      case "bouncycastle":
        return bouncyCastle(factory("BCJSSE", file).getTrustManagers());
      case "bouncycastle-jdk-managers":
        return bouncyCastle(factory("SunJSSE", file).getTrustManagers());
      case "conscrypt":
        SSLContext context = SSLContext.getInstance("TLS", Conscrypt.newProvider());
        context.init(null, file == null ? null : Clients.managers("PKIX", file), null);
        return Clients.sockets(context.getSocketFactory());
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  private static Client netty(SslProvider provider, String file) throws Exception {
    SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(provider);
    return new NettyClient(
        (file == null ? builder : builder.trustManager(factory("SunJSSE", file))).build());
  }

  private static Client okHttp(String file) throws Exception {
    OkHttpClient.Builder builder = new OkHttpClient.Builder();
    if (file != null) {
      TrustManager[] managers = Clients.managers("PKIX", file);
      builder.sslSocketFactory(
          Clients.context(managers).getSocketFactory(), (X509TrustManager) managers[0]);
    }
    OkHttpClient client = builder.build();
    return (port, path) -> {
      try (Response response =
          client.newCall(new Request.Builder().url(url(port, path)).build()).execute()) {
        response.body().bytes();
      }
      return null;
    };
  }

  private static Client apache4(String file) throws Exception {
    org.apache.http.impl.client.CloseableHttpClient client =
        file == null
            ? org.apache.http.impl.client.HttpClients.createDefault()
            : org.apache.http.impl.client.HttpClients.custom().setSSLContext(context(file)).build();
    return (port, path) -> {
      try (CloseableHttpResponse response = client.execute(new HttpGet(url(port, path)))) {
        response.getEntity().getContent().readAllBytes();
      }
      return null;
    };
  }

  private static Client apache5(String file) throws Exception {
    org.apache.hc.client5.http.impl.classic.HttpClientBuilder builder =
        org.apache.hc.client5.http.impl.classic.HttpClients.custom();
    if (file != null) {
      builder.setConnectionManager(
          PoolingHttpClientConnectionManagerBuilder.create()
              .setTlsSocketStrategy(new DefaultClientTlsStrategy(context(file)))
              .build());
    }
    org.apache.hc.client5.http.impl.classic.CloseableHttpClient client = builder.build();
    return (port, path) ->
        client.execute(
            new org.apache.hc.client5.http.classic.methods.HttpGet(url(port, path)),
            response -> null);
  }

  private static Client jetty(String file) throws Exception {
    SslContextFactory.Client ssl = new SslContextFactory.Client();
    if (file != null) {
      ssl.setTrustStorePath(file);
      ssl.setTrustStoreType("PKCS12");
    }
    ClientConnector connector = new ClientConnector();
    connector.setSslContextFactory(ssl);
    HttpClient client = new HttpClient(new HttpClientTransportOverHTTP(connector));
    client.start();
    return (port, path) -> {
      client.GET(url(port, path));
      return null;
    };
  }

  private static Client spring(String file) {
    ClientHttpRequestFactorySettings settings = ClientHttpRequestFactorySettings.defaults();
    if (file != null) {
      JksSslStoreDetails trust = JksSslStoreDetails.forLocation(file).withPassword("");
      settings = settings.withSslBundle(SslBundle.of(new JksSslStoreBundle(null, trust)));
    }
    RestClient client =
        RestClient.builder()
            .requestFactory(ClientHttpRequestFactoryBuilder.jdk().build(settings))
            .build();
    return (port, path) -> {
      client.get().uri(url(port, path)).retrieve().toBodilessEntity();
      return null;
    };
  }

  private static Client kafka(String file) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(SslConfigs.SSL_PROTOCOL_CONFIG, SslConfigs.DEFAULT_SSL_PROTOCOL);
    settings.put(SslConfigs.SSL_ENABLED_PROTOCOLS_CONFIG, List.of("TLSv1.3", "TLSv1.2"));
    settings.put(
        SslConfigs.SSL_KEYMANAGER_ALGORITHM_CONFIG, SslConfigs.DEFAULT_SSL_KEYMANGER_ALGORITHM);
    settings.put(
        SslConfigs.SSL_TRUSTMANAGER_ALGORITHM_CONFIG,
        SslConfigs.DEFAULT_SSL_TRUSTMANAGER_ALGORITHM);
    settings.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PKCS12");
    settings.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PKCS12");
    if (file != null) {
      settings.put(SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, file);
    }
    DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
    factory.configure(settings);
    return new EngineClient(port -> factory.createClientSslEngine("localhost", port, "https"));
  }

  private static Client bouncyCastle(TrustManager[] managers) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS", "BCJSSE");
    context.init(null, managers, null);
    return Clients.sockets(context.getSocketFactory());
  }

  private static TrustManagerFactory factory(String provider, String file) throws Exception {
    if (Security.getProvider("BCJSSE") == null) {
      Security.addProvider(new BouncyCastleProvider());
      Security.addProvider(new BouncyCastleJsseProvider());
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX", provider);
    factory.init(file == null ? (KeyStore) null : Clients.load(file));
    return factory;
  }

  private static SSLContext context(String file) throws Exception {
    return Clients.context(Clients.managers("PKIX", file));
  }

  private static String url(int port, String path) {
    return URI.create("https://localhost:" + port + path).toString();
  }
}
