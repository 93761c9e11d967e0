package io.trustcast.jvm.impl.patch;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts prologues into methods of a class file and leaves every other byte as it was. Written out
 * because the JDK's internal ASM is gone in 25 and a vendored ASM refuses class files newer than
 * itself.
 */
final class ClassPatcher {
  private static final int STATIC_NATIVE_ABSTRACT = 0x0008 | 0x0100 | 0x0400;
  private static final int FIRST_WITH_STACK_MAPS = 50;

  private final byte[] original;
  private final List<Patch> missing;
  private final ConstantPool pool;
  private final ByteBuffer in;

  private ClassPatcher(byte[] original, List<Patch> patches) throws UnexpectedClassException {
    this.original = original;
    this.missing = new ArrayList<>(patches);
    this.pool = new ConstantPool(original);
    this.in = ByteBuffer.wrap(original);
  }

  /**
   * Answers the patched class file.
   *
   * @throws UnexpectedClassException when a method is missing, already patched, or shaped in an
   *     unknown way
   */
  static byte[] patch(byte[] original, String className, List<Patch> patches)
      throws UnexpectedClassException {
    try {
      return new ClassPatcher(original, patches).patch(className);
    } catch (IOException
        | IndexOutOfBoundsException
        | java.nio.BufferUnderflowException
        | IllegalArgumentException e) {
      throw new UnexpectedClassException(className + " cannot be read: " + e);
    }
  }

  private byte[] patch(String className) throws IOException, UnexpectedClassException {
    if (in.getInt() != 0xcafebabe || (in.getInt(4) & 0xffff) < FIRST_WITH_STACK_MAPS) {
      throw new UnexpectedClassException(className + " is no class file with stack maps");
    }
    in.position(pool.end());
    in.getShort(); // access_flags
    if (!pool.className(in.getShort() & 0xffff).equals(className)) {
      throw new UnexpectedClassException(className + " has another name");
    }
    in.getShort(); // super_class
    in.position(in.position() + 2 * (in.getShort(in.position()) & 0xffff) + 2);
    int fields = in.getShort() & 0xffff;
    for (int i = 0; i < fields; i++) {
      in.position(in.position() + 6);
      skipAttributes();
    }

    ByteArrayOutputStream tailBytes = new ByteArrayOutputStream();
    DataOutputStream tail = new DataOutputStream(tailBytes);
    tail.write(original, pool.end(), in.position() - pool.end());
    int methods = in.getShort() & 0xffff;
    tail.writeShort(methods);
    for (int i = 0; i < methods; i++) {
      method(tail);
    }
    tail.write(original, in.position(), in.remaining());
    if (!missing.isEmpty()) {
      throw new UnexpectedClassException("not found: " + missing.get(0));
    }

    ByteArrayOutputStream result = new ByteArrayOutputStream(original.length + 1024);
    DataOutputStream out = new DataOutputStream(result);
    out.write(original, 0, 8);
    pool.writeTo(out);
    tailBytes.writeTo(out);
    return result.toByteArray();
  }

  private void method(DataOutputStream out) throws IOException, UnexpectedClassException {
    int start = in.position();
    int flags = in.getShort() & 0xffff;
    String name = pool.utf8(in.getShort() & 0xffff);
    String descriptor = pool.utf8(in.getShort() & 0xffff);
    Patch patch = take(name, descriptor);
    if (patch == null) {
      skipAttributes();
      out.write(original, start, in.position() - start);
      return;
    }
    if ((flags & STATIC_NATIVE_ABSTRACT) != 0) {
      throw new UnexpectedClassException(patch + " has the flags " + flags);
    }
    out.write(original, start, 6);
    int attributes = in.getShort() & 0xffff;
    out.writeShort(attributes);
    for (int i = 0; i < attributes; i++) {
      int attribute = in.getShort() & 0xffff;
      int length = in.getInt();
      ByteBuffer content = in.slice();
      content.limit(length);
      in.position(in.position() + length);
      out.writeShort(attribute);
      if (pool.utf8(attribute).equals("Code")) {
        refusePatched(content, patch);
        byte[] code = new CodePatcher(pool, patch).patch(content);
        out.writeInt(code.length);
        out.write(code);
      } else {
        out.writeInt(length);
        out.write(original, in.position() - length, length);
      }
    }
  }

  private void refusePatched(ByteBuffer code, Patch patch) throws UnexpectedClassException {
    // max_stack, max_locals and code_length stand before the first instruction
    if (code.get(8) == 0x2a && code.get(9) == (byte) 0xb8) {
      int target = code.getShort(10) & 0xffff;
      if (pool.isMethod(target, Prologue.HOOK_CLASS, patch.hook, patch.prologue.hookDescriptor)) {
        throw new UnexpectedClassException(patch + " is patched already");
      }
    }
  }

  private Patch take(String name, String descriptor) {
    for (Patch patch : missing) {
      if (patch.method.equals(name) && patch.descriptor.equals(descriptor)) {
        missing.remove(patch);
        return patch;
      }
    }
    return null;
  }

  private void skipAttributes() {
    int count = in.getShort() & 0xffff;
    for (int i = 0; i < count; i++) {
      in.position(in.position() + 2);
      int length = in.getInt();
      in.position(in.position() + length);
    }
  }
}
