package io.trustcast.jvm.impl.platform;

import java.security.AccessController;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.concurrent.Callable;

/** Runs with the agent's own permissions where a SecurityManager exists (JDK 17 and below). */
public final class Privileged {
  private Privileged() {}

  public static <T> T call(Callable<T> action) throws Exception {
    if (!managed()) {
      return action.call();
    }
    try {
      return AccessController.doPrivileged((PrivilegedExceptionAction<T>) action::call);
    } catch (PrivilegedActionException wrapped) {
      throw wrapped.getException();
    }
  }

  /** Whether there is a SecurityManager. */
  public static boolean managed() {
    try {
      return System.getSecurityManager() != null;
    } catch (LinkageError removed) {
      return false; // JEP 486 announces the removal of the method
    }
  }
}
