package io.trustcast.jvm.test;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.net.ssl.X509TrustManager;

/** Trust managers that applications write themselves. */
final class OwnManagers {
  private OwnManagers() {}

  /** The kind, and after a colon the truststore file; without one the JVM's default. */
  static X509TrustManager make(String kind) throws Exception {
    String[] parts = kind.split(":", 2);
    String file = parts.length > 1 ? parts[1] : null;
    switch (parts[0]) {
      case "own-pkix":
        return new OwnPkix(Clients.load(file));
      case "trust-all":
        return new Wrapper(null, null);
      case "wrapper":
        return new Wrapper(ofJdk(file));
      case "lenient-wrapper":
        return new Wrapper(ofJdk(null), null);
      case "pinned-wrapper":
        return new Wrapper(ofJdk(null), ofJdk(file));
      case "composite":
        X509TrustManager own = ofJdk(file);
        return new Wrapper(ofJdk(null)) {
          @Override
          public void checkServerTrusted(X509Certificate[] chain, String authType)
              throws CertificateException {
            try {
              super.checkServerTrusted(chain, authType);
            } catch (CertificateException refused) {
              own.checkServerTrusted(chain, authType);
            }
          }

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return Stream.of(super.getAcceptedIssuers(), own.getAcceptedIssuers())
                .flatMap(Stream::of)
                .toArray(X509Certificate[]::new);
          }
        };
      case "self-signed-wrapper":
        return new Wrapper(ofJdk(null)) {
          @Override
          public void checkServerTrusted(X509Certificate[] chain, String authType)
              throws CertificateException {
            if (chain.length != 1) {
              super.checkServerTrusted(chain, authType);
            }
          }
        };
      case "clients-wrapper":
        return new Wrapper(ofJdk(null)) {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String authType) {}
        };
      case "locking-wrapper":
        return new Wrapper(ofJdk(null)) {
          @Override
          public X509Certificate[] getAcceptedIssuers() {
            synchronized (OwnManagers.class) {
              return super.getAcceptedIssuers();
            }
          }
        };
      case "logging-wrapper":
        return new Wrapper(ofJdk(null)) {
          @Override
          public void checkServerTrusted(X509Certificate[] chain, String authType) {
            try {
              super.checkServerTrusted(chain, authType);
            } catch (CertificateException refused) {
              refused.getMessage(); // and goes on
            }
          }
        };
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  /**
   * Runs something once the agent waits for the lock of a locking wrapper, without letting go of
   * it.
   */
  static void withLock(Runnable action) throws InterruptedException {
    synchronized (OwnManagers.class) {
      while (Thread.getAllStackTraces().keySet().stream().noneMatch(OwnManagers::waitsInAgent)) {
        Thread.sleep(10);
      }
      action.run();
    }
  }

  /** Returns once the agent waits for that lock, which is then never let go of. */
  static void holdLock() throws InterruptedException {
    CountDownLatch waits = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () -> {
              try {
                withLock(
                    () -> {
                      waits.countDown();
                      LockSupport.park();
                    });
              } catch (InterruptedException impossible) {
                throw new IllegalStateException(impossible);
              }
            });
    holder.setDaemon(true);
    holder.start();
    waits.await();
  }

  private static boolean waitsInAgent(Thread thread) {
    return thread.getName().equals("trustcast") && thread.getState() == Thread.State.BLOCKED;
  }

  private static X509TrustManager ofJdk(String file) throws Exception {
    return (X509TrustManager) Clients.managers("PKIX", file)[0];
  }

  /** Lists the issuers of one trust manager of the JDK, and asks another one, or none. */
  private static class Wrapper implements X509TrustManager {
    private final X509TrustManager listed;
    private final X509TrustManager asked;

    Wrapper(X509TrustManager both) {
      this(both, both);
    }

    Wrapper(X509TrustManager listed, X509TrustManager asked) {
      this.listed = listed;
      this.asked = asked;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      if (asked != null) {
        asked.checkClientTrusted(chain, authType);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      if (asked != null) {
        asked.checkServerTrusted(chain, authType);
      }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return listed == null ? new X509Certificate[0] : listed.getAcceptedIssuers();
    }
  }
}
