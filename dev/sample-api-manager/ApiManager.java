import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.HttpsURLConnection;

/**
 * Stands for any Java program that calls HTTPS servers: it knows nothing of Trustcast.
 *
 * <p>For each line on standard input it makes one call, with a TLS handshake of its own, and writes
 * one JSON line: {@code {"status":200,"resumed":false}} or {@code
 * {"exception":"javax.net.ssl.SSLHandshakeException","message":"…"}}.
 */
public final class ApiManager {
  public static void main(String[] arguments) throws Exception {
    System.setProperty("http.keepAlive", "false");
    URL url = new URL(arguments[0]);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println(
        "{\"pid\":"
            + ProcessHandle.current().pid()
            + ",\"jdk\":"
            + Runtime.version().feature()
            + "}");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) out.println(call(url));
  }

  private static String call(URL url) {
    long startedAt = System.currentTimeMillis();
    try {
      HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
      connection.setConnectTimeout(5_000);
      connection.setReadTimeout(5_000);
      int status = connection.getResponseCode();
      // A session that is older than the call was resumed. The clock of both is
      // System.currentTimeMillis.
      boolean resumed = connection.getSSLSession().orElseThrow().getCreationTime() < startedAt;
      try (InputStream body = connection.getInputStream()) {
        body.readAllBytes();
      }
      return "{\"status\":" + status + ",\"resumed\":" + resumed + "}";
    } catch (Exception e) {
      return "{\"exception\":\""
          + e.getClass().getName()
          + "\",\"message\":\""
          + plain(e.getMessage())
          + "\"}";
    }
  }

  private static String plain(String text) {
    return text == null ? "" : text.replaceAll("[^ -!#-\\[\\]-~]", " ");
  }

  private ApiManager() {}
}
