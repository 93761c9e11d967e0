package io.trustcast.jvm.test;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;

/** Third-party servers that demand a client certificate which the truststore file vouches for. */
final class StackServers {
  private static final String PASSWORD = "changeit";

  private StackServers() {}

  /** Answers the port. */
  static int start(String kind, String truststore, String keystore) throws Exception {
    switch (kind) {
      case "tomcat":
        return tomcat(truststore, keystore);
      case "jetty":
        return jetty(truststore, keystore);
      case "spring-boot":
        return springBoot(truststore, keystore);
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  private static int tomcat(String truststore, String keystore) throws Exception {
    SSLHostConfig ssl = new SSLHostConfig();
    ssl.setCertificateVerification("required");
    ssl.setTruststoreFile(truststore);
    ssl.setTruststoreType("PKCS12");
    ssl.setTruststorePassword("");
    SSLHostConfigCertificate key =
        new SSLHostConfigCertificate(ssl, SSLHostConfigCertificate.Type.UNDEFINED);
    key.setCertificateKeystoreFile(keystore);
    key.setCertificateKeystoreType("PKCS12");
    key.setCertificateKeystorePassword(PASSWORD);
    ssl.addCertificate(key);
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("SSLEnabled", "true");
    connector.addSslHostConfig(ssl);
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("trustcast-tomcat-").toString());
    tomcat.setConnector(connector);
    Context context = tomcat.addContext("", null);
    Tomcat.addServlet(context, "ok", new Ok());
    context.addServletMappingDecoded("/", "ok");
    tomcat.start();
    return connector.getLocalPort();
  }

  private static int jetty(String truststore, String keystore) throws Exception {
    SslContextFactory.Server ssl = new SslContextFactory.Server();
    ssl.setNeedClientAuth(true);
    ssl.setTrustStorePath(truststore);
    ssl.setTrustStoreType("PKCS12");
    ssl.setKeyStorePath(keystore);
    ssl.setKeyStoreType("PKCS12");
    ssl.setKeyStorePassword(PASSWORD);
    ssl.setSniRequired(false);
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server, ssl);
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put("Connection", "close");
            response.write(true, ByteBuffer.wrap("ok".getBytes()), callback);
            return true;
          }
        });
    server.start();
    return connector.getLocalPort();
  }

  private static int springBoot(String truststore, String keystore) {
    Map<String, Object> settings =
        Map.of(
            "server.port", "0",
            "server.ssl.client-auth", "need",
            "server.ssl.trust-store", truststore,
            "server.ssl.trust-store-type", "PKCS12",
            "server.ssl.trust-store-password", "",
            "server.ssl.key-store", keystore,
            "server.ssl.key-store-type", "PKCS12",
            "server.ssl.key-store-password", PASSWORD,
            "spring.main.banner-mode", "off",
            "logging.level.root", "OFF");
    SpringApplicationBuilder builder =
        new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET);
    ServletWebServerApplicationContext running =
        (ServletWebServerApplicationContext) builder.properties(settings).run();
    return running.getWebServer().getPort();
  }

  /** What Spring Boot starts. */
  @EnableAutoConfiguration
  public static class Application {
    @Bean
    ServletRegistrationBean<Ok> ok() {
      return new ServletRegistrationBean<>(new Ok(), "/");
    }
  }

  /** Answers and closes. */
  private static final class Ok extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.setHeader("Connection", "close");
      response.getWriter().print("ok");
    }
  }
}
