package io.trustcast.jvm.test;

import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyStore;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.util.Collections;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Makes clients in the ways that applications do. */
final class Clients {
  private Clients() {}

  /** The kind, and after a colon the truststore file for kinds that have one. */
  static Client make(String kind) throws Exception {
    String[] parts = kind.split(":", 2);
    String file = parts.length > 1 ? parts[1] : null;
    switch (parts[0]) {
      case "url-connection":
        return Clients::urlConnection;
      case "http-client":
        return httpClient(HttpClient.newHttpClient());
      case "default-factory":
        return sockets((SSLSocketFactory) SSLSocketFactory.getDefault());
      case "engine":
        return new EngineClient(context((TrustManager[]) null));
      case "null-keystore":
        return sockets(context(managers("PKIX", (KeyStore) null)).getSocketFactory());
      case "null-managers":
        return sockets(context((TrustManager[]) null).getSocketFactory());
      case "file-pkix":
        return sockets(context(managers("PKIX", file)).getSocketFactory());
      case "file-merged":
        return sockets(context(managers("PKIX", merged(file.split("[+]")))).getSocketFactory());
      case "file-sunx509":
        return sockets(context(managers("SunX509", file)).getSocketFactory());
      case "file-certpath":
        return sockets(context(certPath(parameters(file))).getSocketFactory());
      case "file-fixed":
        return sockets(context(certPath(new FixedParameters(load(file)))).getSocketFactory());
      case "file-http-client":
        return httpClient(
            HttpClient.newBuilder().sslContext(context(managers("PKIX", file))).build());
      case "wrapper":
      case "own-pkix":
        return sockets(context(new TrustManager[] {OwnManagers.make(kind)}).getSocketFactory());
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  static SSLContext context(TrustManager[] managers) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers, null);
    return context;
  }

  static TrustManager[] managers(String algorithm, String file) throws Exception {
    return managers(algorithm, file == null ? null : load(file));
  }

  static TrustManager[] managers(String algorithm, KeyStore store) throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(algorithm);
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Presents the identity and accepts every server. */
  static Client presenting(Identity identity) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(identity.keyManagers(), new TrustManager[] {OwnManagers.make("trust-all")}, null);
    return sockets(context.getSocketFactory());
  }

  private static PKIXBuilderParameters parameters(String file) throws Exception {
    return new PKIXBuilderParameters(load(file), new X509CertSelector());
  }

  /** An application's own, whose anchors nobody may change. */
  private static final class FixedParameters extends PKIXBuilderParameters {
    private boolean made;

    FixedParameters(KeyStore store) throws Exception {
      super(store, new X509CertSelector());
      made = true;
    }

    @Override
    public void setTrustAnchors(Set<TrustAnchor> anchors)
        throws InvalidAlgorithmParameterException {
      if (made) {
        throw new InvalidAlgorithmParameterException("fixed");
      }
      super.setTrustAnchors(anchors);
    }
  }

  private static TrustManager[] certPath(PKIXBuilderParameters parameters) throws Exception {
    parameters.setRevocationEnabled(false);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(new CertPathTrustManagerParameters(parameters));
    return factory.getTrustManagers();
  }

  static KeyStore load(String file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(file)) {
      store.load(in, null);
    }
    return store;
  }

  /** One keystore of what several files hold, as products make that take a list of truststores. */
  private static KeyStore merged(String[] files) throws Exception {
    KeyStore merged = KeyStore.getInstance("PKCS12");
    merged.load(null, null);
    for (String file : files) {
      KeyStore store = load(file);
      for (String alias : Collections.list(store.aliases())) {
        merged.setCertificateEntry(file + "/" + alias, store.getCertificate(alias));
      }
    }
    return merged;
  }

  private static Boolean urlConnection(int port, String path) throws Exception {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create("https://localhost:" + port + path).toURL().openConnection();
    try (InputStream in = connection.getInputStream()) {
      in.readAllBytes();
    }
    return null;
  }

  private static Client httpClient(HttpClient client) {
    return (port, path) -> {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
              .version(HttpClient.Version.HTTP_1_1)
              .build();
      client.send(request, HttpResponse.BodyHandlers.ofString());
      return null;
    };
  }

  static Client sockets(SSLSocketFactory factory) {
    return (port, path) -> {
      long startedMs = nextMs();
      try (SSLSocket socket = (SSLSocket) factory.createSocket("localhost", port)) {
        socket.setTcpNoDelay(true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        OutputStream out = socket.getOutputStream();
        out.write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes());
        if (socket.getInputStream().readNBytes(12).length < 12) {
          throw new java.io.EOFException("no answer");
        }
        socket.getInputStream().readAllBytes(); // to the end, so that TLS 1.3 tickets are taken in
        return socket.getSession().getCreationTime() < startedMs;
      }
    };
  }

  /** Waits for the next millisecond: a session made from now on is told from every earlier one. */
  static long nextMs() {
    long beforeMs = System.currentTimeMillis();
    while (System.currentTimeMillis() == beforeMs) {
      Thread.onSpinWait();
    }
    return System.currentTimeMillis();
  }
}
