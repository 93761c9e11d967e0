package io.trustcast.jvm.impl.patch;

import java.util.ArrayList;
import java.util.List;

/** The JDK methods that are patched, as they are declared in JDK 11 to 25. */
public final class Patches {
  static final String TRUST_MANAGER = "sun/security/ssl/X509TrustManagerImpl";
  static final String SESSION = "sun/security/ssl/SSLSessionImpl";
  static final String SOCKET_OUTPUT = "sun/security/ssl/SSLSocketImpl$AppOutputStream";
  static final String TRANSPORT = "sun/security/ssl/TransportContext";
  static final String ENGINE = "sun/security/ssl/SSLEngineImpl";

  private static final String[] CHECK_TARGETS = {
    "", "Ljava/net/Socket;", "Ljavax/net/ssl/SSLEngine;"
  };

  private Patches() {}

  /**
   * Every patch; the cut hook's only when it is asked for, and what counts connections where the
   * JDK has it.
   */
  public static List<Patch> all(boolean cut, boolean counting) {
    List<Patch> patches = new ArrayList<>();
    for (String method : new String[] {"checkClientTrusted", "checkServerTrusted"}) {
      for (String target : CHECK_TARGETS) {
        String descriptor =
            "([Ljava/security/cert/X509Certificate;Ljava/lang/String;" + target + ")V";
        patches.add(new Patch(TRUST_MANAGER, method, descriptor, Prologue.TELL, "check"));
      }
    }
    String issuers = "()[Ljava/security/cert/X509Certificate;";
    patches.add(
        new Patch(TRUST_MANAGER, "getAcceptedIssuers", issuers, Prologue.ANSWER, "issuers"));
    patches.add(new Patch(SESSION, "isRejoinable", "()Z", Prologue.TELL, "resume"));
    if (counting) {
      String status = "()Ljavax/net/ssl/SSLEngineResult$HandshakeStatus;";
      patches.add(new Patch(TRANSPORT, "finishHandshake", status, Prologue.TELL, "send"));
    }
    if (cut) {
      String buffers = "[Ljava/nio/ByteBuffer;II";
      String wrap = "(" + buffers + "Ljava/nio/ByteBuffer;)Ljavax/net/ssl/SSLEngineResult;";
      patches.add(new Patch(SOCKET_OUTPUT, "write", "([BII)V", Prologue.TELL, "send"));
      patches.add(new Patch(ENGINE, "wrap", wrap, Prologue.TELL, "send"));
    }
    return patches;
  }
}
