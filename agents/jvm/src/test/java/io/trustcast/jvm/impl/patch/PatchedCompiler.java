package io.trustcast.jvm.impl.patch;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Patches every instance method of the JDK's compiler, thousands of all shapes, and compiles a file
 * with the result. Prints the number of patched methods.
 */
public final class PatchedCompiler {
  private static final String HOOK = "sun.security.ssl.TrustcastHook";

  private static int patched;

  private PatchedCompiler() {}

  public static void main(String[] args) throws Exception {
    Class<?> compiler = Class.forName("com.sun.tools.javac.Main", true, new Patching());
    Method compile = compiler.getMethod("compile", String[].class, PrintWriter.class);
    StringWriter complaints = new StringWriter();
    String[] options = {"-proc:none", "-d", args[1], Path.of(args[0]).toString()};
    int status = (Integer) compile.invoke(null, options, new PrintWriter(complaints));
    System.out.println("status " + status + " patched " + patched + " " + complaints);
  }

  /** Loads the compiler's classes anew, from the JDK's image. */
  private static final class Patching extends ClassLoader {
    Patching() {
      super(PatchedCompiler.class.getClassLoader());
    }

    @Override
    protected synchronized Class<?> loadClass(String name, boolean resolve)
        throws ClassNotFoundException {
      boolean compilers = name.startsWith("com.sun.tools.") || name.startsWith("jdk.internal.opt.");
      if (!compilers && !name.equals(HOOK)) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      return known == null ? define(name) : known;
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      String path = name.replace('.', '/');
      try (InputStream in = ClassLoader.getSystemResourceAsStream(path + ".class")) {
        byte[] bytes = in == null ? null : in.readAllBytes();
        if (bytes == null) {
          throw new ClassNotFoundException(name);
        }
        List<Patch> patches = name.equals(HOOK) ? List.of() : patches(path, bytes);
        patched += patches.size();
        byte[] result = ClassPatcher.patch(bytes, path, patches);
        return defineClass(name, result, 0, result.length);
      } catch (java.io.IOException | UnexpectedClassException failure) {
        throw new ClassNotFoundException(name + ": " + failure.getMessage(), failure);
      }
    }
  }

  /**
   * Every instance method with code, but constructors: before super() "this" may not be passed on.
   */
  private static List<Patch> patches(String path, byte[] bytes) throws UnexpectedClassException {
    List<Patch> patches = new ArrayList<>();
    ConstantPool pool = new ConstantPool(bytes);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    in.position(pool.end() + 6);
    int interfaces = in.getShort() & 0xffff;
    in.position(in.position() + 2 * interfaces);
    for (int members = 0; members < 2; members++) {
      int count = in.getShort() & 0xffff;
      for (int i = 0; i < count; i++) {
        int flags = in.getShort() & 0xffff;
        String name = pool.utf8(in.getShort() & 0xffff);
        String descriptor = pool.utf8(in.getShort() & 0xffff);
        int attributes = in.getShort() & 0xffff;
        for (int a = 0; a < attributes; a++) {
          in.position(in.position() + 2);
          int length = in.getInt();
          in.position(in.position() + length);
        }
        if (members == 1 && (flags & 0x0508) == 0 && !name.startsWith("<")) {
          patches.add(new Patch(path, name, descriptor, Prologue.TELL, "check"));
        }
      }
    }
    return patches;
  }
}
