package io.trustcast.jvm.impl.patch;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Applies the patches to the loaded JDK classes, all or none, and takes them back. */
public final class Patcher implements ClassFileTransformer {
  private final Instrumentation instrumentation;
  private final List<Patch> patches;
  private final Map<String, List<Patch>> byClass = new LinkedHashMap<>();
  private final Set<String> patchedClasses = ConcurrentHashMap.newKeySet();
  private volatile UnexpectedClassException refusal;
  private boolean installed;

  public Patcher(Instrumentation instrumentation, List<Patch> patches) {
    this.instrumentation = instrumentation;
    this.patches = patches;
    for (Patch patch : patches) {
      byClass.computeIfAbsent(patch.className, name -> new ArrayList<>()).add(patch);
    }
  }

  /** Patches every method, or leaves every class as it was and throws. */
  public void install() throws UnexpectedClassException, UnmodifiableClassException {
    for (String name : byClass.keySet()) {
      ClassPatcher.patch(shippedBytes(name), name, byClass.get(name));
    }
    if (!instrumentation.isRetransformClassesSupported()) {
      throw new UnexpectedClassException("this JVM does not retransform classes");
    }
    Class<?>[] classes = classes();
    instrumentation.addTransformer(this, true);
    installed = true;
    try {
      instrumentation.retransformClasses(classes);
      if (refusal != null) {
        throw refusal;
      }
      if (!patchedClasses.containsAll(byClass.keySet())) {
        throw new UnexpectedClassException("the JVM did not offer every class for patching");
      }
    } catch (UnexpectedClassException
        | UnmodifiableClassException
        | RuntimeException
        | Error failure) {
      remove();
      throw failure;
    }
  }

  /** Gives the JDK classes their own bytecode back. */
  public void remove() throws UnmodifiableClassException, UnexpectedClassException {
    if (!installed) {
      return;
    }
    installed = false;
    instrumentation.removeTransformer(this);
    instrumentation.retransformClasses(classes());
    patchedClasses.clear();
  }

  /** The patched methods by name; empty unless all of them are patched. */
  public List<String> patched() {
    List<String> names = new ArrayList<>();
    if (installed) {
      for (Patch patch : patches) {
        names.add(patch.toString());
      }
    }
    return names;
  }

  @Override
  public byte[] transform(
      ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
    if (loader != null || name == null) {
      return null;
    }
    try {
      List<Patch> own = byClass.get(name);
      if (own == null) {
        return null;
      }
      byte[] patched = ClassPatcher.patch(bytes, name, own);
      patchedClasses.add(name);
      return patched;
    } catch (UnexpectedClassException unexpected) {
      refusal = unexpected;
      return null;
    } catch (Throwable failure) {
      refusal = new UnexpectedClassException(name + ": " + failure);
      return null;
    }
  }

  private Class<?>[] classes() throws UnexpectedClassException {
    List<Class<?>> classes = new ArrayList<>();
    for (String name : byClass.keySet()) {
      try {
        // not initialised: static initialisers read properties that the application may still set
        Class<?> type = Class.forName(name.replace('/', '.'), false, null);
        if (!instrumentation.isModifiableClass(type)) {
          throw new UnexpectedClassException(name + " is not modifiable");
        }
        classes.add(type);
      } catch (ClassNotFoundException missing) {
        throw new UnexpectedClassException(name + " does not exist");
      }
    }
    return classes.toArray(new Class<?>[0]);
  }

  private static byte[] shippedBytes(String name) throws UnexpectedClassException {
    try (InputStream in = Object.class.getResourceAsStream('/' + name + ".class")) {
      if (in == null) {
        throw new UnexpectedClassException(name + " does not exist");
      }
      return in.readAllBytes();
    } catch (IOException failure) {
      throw new UnexpectedClassException(name + " cannot be read: " + failure);
    }
  }
}
