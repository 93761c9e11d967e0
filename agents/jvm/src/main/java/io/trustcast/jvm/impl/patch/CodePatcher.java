package io.trustcast.jvm.impl.patch;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Puts a prologue before the code of one method (JVMS 4.7.3). */
final class CodePatcher {
  private final ConstantPool pool;
  private final Patch patch;
  private final int hookMethod;

  CodePatcher(ConstantPool pool, Patch patch) throws IOException, UnexpectedClassException {
    this.pool = pool;
    this.patch = patch;
    this.hookMethod =
        pool.addMethod(Prologue.HOOK_CLASS, patch.hook, patch.prologue.hookDescriptor);
  }

  /** Takes and returns the content of a Code attribute, without its name and length. */
  byte[] patch(ByteBuffer in) throws IOException, UnexpectedClassException {
    Prologue prologue = patch.prologue;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(Math.max(in.getShort() & 0xffff, prologue.maxStack));
    out.writeShort(in.getShort());
    byte[] code = new byte[in.getInt()];
    in.get(code);
    if (code.length + prologue.length > 0xffff) {
      throw new UnexpectedClassException(patch + " is too long");
    }
    out.writeInt(code.length + prologue.length);
    out.write(prologue.code(hookMethod));
    out.write(code);

    int handlers = in.getShort() & 0xffff;
    out.writeShort(handlers);
    for (int i = 0; i < handlers; i++) {
      for (int pc = 0; pc < 3; pc++) {
        out.writeShort((in.getShort() & 0xffff) + prologue.length);
      }
      out.writeShort(in.getShort());
    }
    attributes(in, out);
    if (in.hasRemaining()) {
      throw new UnexpectedClassException(patch + " has bytes after its code attributes");
    }
    return bytes.toByteArray();
  }

  private void attributes(ByteBuffer in, DataOutputStream out)
      throws IOException, UnexpectedClassException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream kept = new DataOutputStream(bytes);
    int keptCount = 0;
    boolean framed = false;
    int count = in.getShort() & 0xffff;
    for (int i = 0; i < count; i++) {
      int name = in.getShort() & 0xffff;
      int length = in.getInt();
      ByteBuffer content = in.slice();
      content.limit(length);
      in.position(in.position() + length);
      switch (pool.utf8(name)) {
        case "LineNumberTable":
          write(kept, name, lines(content));
          keptCount++;
          break;
        case "StackMapTable":
          framed = true;
          write(kept, name, new StackMapPatcher(patch.prologue, pool).patch(content));
          keptCount++;
          break;
        case "LocalVariableTable":
        case "LocalVariableTypeTable":
        case "RuntimeVisibleTypeAnnotations":
        case "RuntimeInvisibleTypeAnnotations":
          break; // debugging aids that hold code offsets
        default:
          throw new UnexpectedClassException(patch + " has the code attribute " + pool.utf8(name));
      }
    }
    byte[] frame = framed ? new byte[0] : patch.prologue.frame(pool);
    if (frame.length > 0) {
      write(kept, pool.addUtf8("StackMapTable"), concat(new byte[] {0, 1}, frame));
      keptCount++;
    }
    out.writeShort(keptCount);
    bytes.writeTo(out);
  }

  private byte[] lines(ByteBuffer in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    int count = in.getShort() & 0xffff;
    out.writeShort(count);
    for (int i = 0; i < count; i++) {
      int pc = in.getShort() & 0xffff;
      out.writeShort(
          pc == 0 ? 0 : pc + patch.prologue.length); // a frame in the prologue keeps a line number
      out.writeShort(in.getShort());
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, int name, byte[] content) throws IOException {
    out.writeShort(name);
    out.writeInt(content.length);
    out.write(content);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }
}
