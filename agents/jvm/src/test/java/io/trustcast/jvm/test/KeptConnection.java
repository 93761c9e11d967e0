package io.trustcast.jvm.test;

import java.io.EOFException;
import java.io.IOException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** One connection that stays open; every call asks on it once more, or closes it. */
final class KeptConnection implements Client {
  private final SSLSocket socket;

  KeptConnection(int port) throws IOException {
    socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket("localhost", port);
    call(port, "/keep");
  }

  @Override
  public Boolean call(int port, String path) throws IOException {
    if (path.equals("/close")) {
      socket.close();
      return null;
    }
    socket
        .getOutputStream()
        .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes());
    if (socket.getInputStream().readNBytes(40).length < 12) {
      throw new EOFException("no answer");
    }
    return null;
  }
}
