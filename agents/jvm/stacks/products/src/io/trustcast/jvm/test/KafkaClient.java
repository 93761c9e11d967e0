package io.trustcast.jvm.test;

import java.io.EOFException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ByteBufferSend;
import org.apache.kafka.common.network.ChannelState;
import org.apache.kafka.common.network.ConnectionMode;
import org.apache.kafka.common.network.NetworkSend;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.network.SslChannelBuilder;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/** What producers, consumers and administrators of Kafka connect with. */
final class KafkaClient implements Client {
  private static final long DEADLINE_MS = 10_000;
  private static final int MAX_ANSWER = 1 << 16;
  private static final String ID = "broker";

  private final SslChannelBuilder channels;

  /** With `ssl.truststore.location`, or the JVM's default trust. */
  KafkaClient(String file) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(SslConfigs.SSL_PROTOCOL_CONFIG, SslConfigs.DEFAULT_SSL_PROTOCOL);
    settings.put(SslConfigs.SSL_ENABLED_PROTOCOLS_CONFIG, List.of("TLSv1.3", "TLSv1.2"));
    settings.put(
        SslConfigs.SSL_KEYMANAGER_ALGORITHM_CONFIG, SslConfigs.DEFAULT_SSL_KEYMANGER_ALGORITHM);
    settings.put(
        SslConfigs.SSL_TRUSTMANAGER_ALGORITHM_CONFIG,
        SslConfigs.DEFAULT_SSL_TRUSTMANAGER_ALGORITHM);
    settings.put(SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG, "https");
    settings.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PKCS12");
    settings.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PKCS12");
    if (file != null) {
      settings.put(SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, file);
    }
    channels = new SslChannelBuilder(ConnectionMode.CLIENT, null, false, new LogContext());
    channels.configure(settings);
  }

  @Override
  public Boolean call(int port, String path) throws Exception {
    try (Metrics metrics = new Metrics()) {
      Selector selector =
          new Selector(
              MAX_ANSWER,
              DEADLINE_MS,
              0,
              metrics,
              Time.SYSTEM,
              "test",
              Map.of(),
              false,
              channels,
              new LogContext());
      selector.connect(ID, new InetSocketAddress("localhost", port), -1, -1);
      try {
        boolean sent = false;
        for (long end = System.currentTimeMillis() + DEADLINE_MS;
            System.currentTimeMillis() < end; ) {
          selector.poll(50);
          ChannelState state = selector.disconnected().get(ID);
          if (state != null && state.exception() != null) {
            throw ProductClients.root(state.exception());
          }
          if (state != null && sent) {
            return null; // the answer of a web server is no answer for Kafka
          }
          if (state != null) {
            throw new EOFException("closed");
          }
          if (!sent && selector.isChannelReady(ID)) {
            byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes();
            selector.send(
                new NetworkSend(ID, ByteBufferSend.sizePrefixed(ByteBuffer.wrap(request))));
            sent = true;
          }
        }
        throw new IllegalStateException("neither connected nor refused");
      } finally {
        selector.close(ID);
      }
    }
  }
}
