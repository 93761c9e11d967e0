package io.trustcast.jvm.impl.trust;

import io.trustcast.jvm.impl.truststore.LoadError;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import java.util.function.Function;
import sun.security.ssl.TrustcastHook;

/** Keeps the first Throwable that a hook threw, which the application never sees. */
public final class HookErrors {
  private static final int FRAMES = 4;
  private static final int MAX_CAUSES = 8;
  private static final int MAX_MESSAGE = 300;

  private volatile LoadError first;

  /** The first one and where it came from, or null. */
  public LoadError first() {
    return first;
  }

  public Consumer<Object> guard(Consumer<Object> hook) {
    return subject -> {
      try {
        hook.accept(subject);
      } catch (Throwable failure) {
        note(failure);
      }
    };
  }

  public Function<Object, X509Certificate[]> guarded(Function<Object, X509Certificate[]> hook) {
    return subject -> {
      try {
        return hook.apply(subject);
      } catch (Throwable failure) {
        note(failure);
        return null;
      }
    };
  }

  private void note(Throwable failure) {
    TrustcastHook.failures.increment(); // counted over the life of the JVM
    if (first == null) {
      first = new LoadError(describe(failure));
    }
  }

  /** Class, message and top frames of what was behind it. */
  private static String describe(Throwable thrown) {
    Throwable failure = thrown;
    for (int i = 0; i < MAX_CAUSES && failure.getCause() != null; i++) {
      failure = failure.getCause();
    }
    StringBuilder text = new StringBuilder();
    try {
      text.append(failure);
    } catch (Throwable unspeakable) {
      text.append(failure.getClass().getName());
    }
    text.setLength(Math.min(text.length(), MAX_MESSAGE));
    StackTraceElement[] frames = failure.getStackTrace();
    for (int i = 0; i < frames.length && i < FRAMES; i++) {
      text.append(" at ")
          .append(frames[i].getClassName())
          .append('.')
          .append(frames[i].getMethodName());
    }
    return text.toString();
  }
}
