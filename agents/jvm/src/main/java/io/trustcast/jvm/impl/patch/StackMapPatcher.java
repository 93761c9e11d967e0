package io.trustcast.jvm.impl.patch;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Moves a StackMapTable behind a prologue (JVMS 4.7.4). Only the first frame holds an offset from
 * the start.
 */
final class StackMapPatcher {
  private static final int UNINITIALIZED = 8;
  private static final int OBJECT = 7;

  private final Prologue prologue;
  private final ConstantPool pool;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  StackMapPatcher(Prologue prologue, ConstantPool pool) {
    this.prologue = prologue;
    this.pool = pool;
  }

  byte[] patch(ByteBuffer in) throws IOException, UnexpectedClassException {
    byte[] own = prologue.frame(pool);
    int count = in.getShort() & 0xffff;
    out.writeShort(count + (own.length > 0 ? 1 : 0));
    out.write(own);
    for (int i = 0; i < count; i++) {
      frame(in, i == 0 ? prologue.firstFrameShift() : 0);
    }
    if (in.hasRemaining()) {
      throw new UnexpectedClassException("bytes after the last stack map frame");
    }
    return bytes.toByteArray();
  }

  private void frame(ByteBuffer in, int shift) throws IOException, UnexpectedClassException {
    int type = in.get() & 0xff;
    if (type < 64) {
      compact(type + shift, 0, 251);
    } else if (type < 128) {
      compact(type - 64 + shift, 64, 247);
      verificationType(in);
    } else if (type < 247) {
      throw new UnexpectedClassException("stack map frame type " + type);
    } else {
      out.writeByte(type);
      out.writeShort((in.getShort() & 0xffff) + shift);
      if (type == 247) {
        verificationType(in);
      } else if (type == 255) {
        verificationTypes(in);
        verificationTypes(in);
      } else {
        for (int i = 251; i < type; i++) {
          verificationType(in); // append_frame
        }
      }
    }
  }

  private void compact(int delta, int firstType, int extendedType) throws IOException {
    if (delta < 64) {
      out.writeByte(firstType + delta);
    } else {
      out.writeByte(extendedType);
      out.writeShort(delta);
    }
  }

  private void verificationTypes(ByteBuffer in) throws IOException, UnexpectedClassException {
    int count = in.getShort() & 0xffff;
    out.writeShort(count);
    for (int i = 0; i < count; i++) {
      verificationType(in);
    }
  }

  private void verificationType(ByteBuffer in) throws IOException, UnexpectedClassException {
    int tag = in.get() & 0xff;
    if (tag > UNINITIALIZED) {
      throw new UnexpectedClassException("verification type " + tag);
    }
    out.writeByte(tag);
    if (tag == OBJECT) {
      out.writeShort(in.getShort());
    } else if (tag == UNINITIALIZED) {
      out.writeShort((in.getShort() & 0xffff) + prologue.length);
    }
  }
}
