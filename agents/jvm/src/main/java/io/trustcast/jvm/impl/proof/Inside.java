package io.trustcast.jvm.impl.proof;

import io.trustcast.jvm.impl.platform.Connections;
import io.trustcast.jvm.impl.platform.Internals;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.Socket;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;

/**
 * Finds what of the JDK stands inside a context or a socket factory of the application's own class.
 * Wrappers that set protocols or ciphers make connections of the JDK, whose trust manager validates
 * the chain, whatever is around them.
 */
final class Inside {
  /** Answered as long as the application has made no connection that would show it. */
  static final Object UNTRIED = new Object();

  private static final int DEPTH = 6;

  private Inside() {}

  /**
   * The trust manager of every connection that the context makes; null when some are not the JDK's.
   */
  static Object managerOf(SSLContext context) throws Throwable {
    SSLContextSpi spi = Internals.spiOf(context);
    Object wrapped =
        find(spi, Internals.CONTEXT, new Class<?>[] {SSLContext.class, SSLContextSpi.class}, DEPTH);
    Object manager = wrapped == null ? null : Internals.managerOfSpi(wrapped);
    if (manager == null || untried(Connections.ENGINE) && untried(Connections.SOCKET)) {
      return manager == null ? null : UNTRIED;
    }
    boolean engines = untried(Connections.ENGINE) || madeBy(context) == manager;
    boolean sockets = untried(Connections.SOCKET) || madeBy(context.getSocketFactory()) == manager;
    return engines && sockets ? manager : null;
  }

  /** The same of a socket factory. */
  static Object managerOf(SSLSocketFactory factory) throws Throwable {
    Object wrapped = find(factory, Internals.FACTORY, new Class<?>[] {SocketFactory.class}, DEPTH);
    Object manager = wrapped == null ? null : Internals.managerOf((SSLSocketFactory) wrapped);
    if (manager == null || untried(Connections.SOCKET)) {
      return manager == null ? null : UNTRIED;
    }
    return madeBy(factory) == manager ? manager : null;
  }

  /** The first connection of a kind initialises what reads the application's properties once. */
  private static boolean untried(Class<?> connection) {
    return !Internals.initialised(connection);
  }

  private static Object madeBy(SSLContext context) throws Throwable {
    Object made = connection(context.createSSLEngine(), SSLEngine.class);
    return made == null ? null : Connections.manager(made);
  }

  private static Object madeBy(SSLSocketFactory factory) throws Throwable {
    Socket socket = factory.createSocket();
    try {
      Object made = connection(socket, Socket.class);
      return made == null ? null : Connections.manager(made);
    } finally {
      socket.close();
    }
  }

  private static Object connection(Object made, Class<?> type) throws Throwable {
    Class<?> ofJdk = type == SSLEngine.class ? Connections.ENGINE : Connections.SOCKET;
    return find(made, ofJdk, new Class<?>[] {type}, DEPTH);
  }

  /**
   * The first object of the wanted class, from wrapper to wrapped by fields of these types; null
   * where there is none.
   */
  private static Object find(Object from, Class<?> wanted, Class<?>[] through, int depth)
      throws Throwable {
    if (from == null || wanted.isInstance(from)) {
      return from;
    }
    if (from instanceof SSLContext) {
      return find(Internals.spiOf((SSLContext) from), wanted, through, depth - 1);
    }
    for (Class<?> type = from.getClass();
        depth > 0 && type != null && !ofJdk(type);
        type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())
            && leads(field, through)
            && field.trySetAccessible()) {
          Object found = find(field.get(from), wanted, through, depth - 1);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  private static boolean leads(Field field, Class<?>[] through) {
    for (Class<?> type : through) {
      if (type.isAssignableFrom(field.getType())) {
        return true;
      }
    }
    return false;
  }

  /** Their fields are not open, and lead nowhere; an SSLContext is looked into by its handle. */
  private static boolean ofJdk(Class<?> type) {
    return type.getClassLoader() == null;
  }
}
