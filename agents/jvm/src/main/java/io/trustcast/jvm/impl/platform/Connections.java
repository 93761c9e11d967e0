package io.trustcast.jvm.impl.platform;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509TrustManager;

/**
 * Reads the JDK's side of a TLS connection: its session without a handshake, and the trust manager
 * that validated it.
 */
public final class Connections {
  private static final String PACKAGE = "sun.security.ssl.";
  private static final Class<?> OUTPUT = type("SSLSocketImpl$AppOutputStream");
  public static final Class<?> SOCKET = type("SSLSocketImpl");
  public static final Class<?> ENGINE = type("SSLEngineImpl");
  private static final Class<?> TRANSPORT = type("TransportContext");

  /** A constant: naming it loads no class. */
  public static final String TRANSPORT_NAME = "sun.security.ssl.TransportContext";

  private static final MethodHandle OUTPUT_SOCKET = getter(OUTPUT, "this$0", type("SSLSocketImpl"));
  private static final MethodHandle SOCKET_TRANSPORT =
      getter(type("SSLSocketImpl"), "conContext", type("TransportContext"));
  private static final MethodHandle ENGINE_TRANSPORT =
      getter(ENGINE, "conContext", type("TransportContext"));
  private static final MethodHandle SESSION =
      getter(type("TransportContext"), "conSession", type("SSLSessionImpl"));
  private static final MethodHandle CONTEXT =
      getter(type("TransportContext"), "sslContext", type("SSLContextImpl"));
  private static final MethodHandle CONFIGURATION =
      getter(type("TransportContext"), "sslConfig", type("SSLConfiguration"));
  private static final MethodHandle BROKEN =
      getter(type("TransportContext"), "isBroken", boolean.class);
  private static final MethodHandle OUTBOUND_CLOSED = closed("isOutboundClosed");
  private static final MethodHandle INBOUND_CLOSED = closed("isInboundClosed");
  private static final MethodHandle CLIENT_MODE =
      getter(type("SSLConfiguration"), "isClientMode", boolean.class);
  private static final MethodHandle MANAGER =
      getter(type("SSLContextImpl"), "trustManager", X509TrustManager.class);

  private Connections() {}

  /** Fails when the JDK is not as expected. */
  public static void require() {
    MANAGER.type();
  }

  /** The session of a connection by its transport context, or null where it is closed. */
  public static SSLSession openSession(Object transport) throws Throwable {
    boolean closed =
        (Boolean) (Object) BROKEN.invokeExact(transport)
            || (boolean) OUTBOUND_CLOSED.invokeExact(transport)
            || (boolean) INBOUND_CLOSED.invokeExact(transport);
    return closed ? null : (SSLSession) (Object) SESSION.invokeExact(transport);
  }

  /** Whether this is what openSession takes. */
  public static boolean isTransport(Object sender) {
    return TRANSPORT.isInstance(sender);
  }

  /** The SSLSocket of an output stream; an SSLEngine is itself. */
  public static Object connection(Object sender) throws Throwable {
    return OUTPUT.isInstance(sender) ? (Object) OUTPUT_SOCKET.invokeExact(sender) : sender;
  }

  public static SSLSession session(Object connection) throws Throwable {
    return (SSLSession) (Object) SESSION.invokeExact(transport(connection));
  }

  public static boolean isClient(Object connection) throws Throwable {
    Object configuration = (Object) CONFIGURATION.invokeExact(transport(connection));
    return (Boolean) (Object) CLIENT_MODE.invokeExact(configuration);
  }

  public static X509TrustManager manager(Object connection) throws Throwable {
    Object context = (Object) CONTEXT.invokeExact(transport(connection));
    return (X509TrustManager) (Object) MANAGER.invokeExact(context);
  }

  public static Object transport(Object connection) throws Throwable {
    return ENGINE.isInstance(connection)
        ? (Object) ENGINE_TRANSPORT.invokeExact(connection)
        : (Object) SOCKET_TRANSPORT.invokeExact(connection);
  }

  private static MethodHandle getter(Class<?> owner, String field, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
          .findGetter(owner, field, type)
          .asType(methodType(Object.class, Object.class));
    } catch (ReflectiveOperationException missing) {
      throw new LinkageError("the JDK's TLS connections are not as expected: " + missing, missing);
    }
  }

  private static MethodHandle closed(String method) {
    try {
      return MethodHandles.privateLookupIn(TRANSPORT, MethodHandles.lookup())
          .findVirtual(TRANSPORT, method, methodType(boolean.class))
          .asType(methodType(boolean.class, Object.class));
    } catch (ReflectiveOperationException missing) {
      throw new LinkageError("the JDK's TLS connections are not as expected: " + missing, missing);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(PACKAGE + name, false, null);
    } catch (ClassNotFoundException missing) {
      throw new LinkageError(name + " does not exist", missing);
    }
  }
}
