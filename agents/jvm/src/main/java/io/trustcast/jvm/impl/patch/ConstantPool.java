package io.trustcast.jvm.impl.patch;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The constant pool of a class file: reads names, and appends what a patch refers to (JVMS 4.4).
 */
final class ConstantPool {
  private static final int UTF8 = 1;
  private static final int CLASS = 7;
  private static final int METHOD_REF = 10;
  private static final int NAME_AND_TYPE = 12;

  private final byte[] bytes;
  private final int[] offsets;
  private final int end;
  private final ByteArrayOutputStream appendedBytes = new ByteArrayOutputStream();
  private final DataOutputStream appended = new DataOutputStream(appendedBytes);
  private int count;

  /** Reads the pool whose constant_pool_count is at offset 8. */
  ConstantPool(byte[] bytes) throws UnexpectedClassException {
    this.bytes = bytes;
    this.count = u2(8);
    this.offsets = new int[count];
    int at = 10;
    for (int index = 1; index < count; index++) {
      offsets[index] = at;
      int tag = bytes[at];
      at += size(tag, at);
      if (tag == 5 || tag == 6) {
        index++;
      }
    }
    this.end = at;
  }

  private int size(int tag, int at) throws UnexpectedClassException {
    switch (tag) {
      case UTF8:
        return 3 + u2(at + 1);
      case 3: // Integer
      case 4: // Float
      case 9: // Fieldref
      case METHOD_REF:
      case 11: // InterfaceMethodref
      case NAME_AND_TYPE:
      case 17: // Dynamic
      case 18: // InvokeDynamic
        return 5;
      case 5: // Long
      case 6: // Double
        return 9;
      case CLASS:
      case 8: // String
      case 16: // MethodType
      case 19: // Module
      case 20: // Package
        return 3;
      case 15: // MethodHandle
        return 4;
      default:
        throw new UnexpectedClassException("constant pool tag " + tag);
    }
  }

  /** Offset of the first byte after the pool. */
  int end() {
    return end;
  }

  String utf8(int index) throws UnexpectedClassException {
    int at = offsets[index];
    if (bytes[at] != UTF8) {
      throw new UnexpectedClassException("constant " + index + " is no Utf8");
    }
    return new String(bytes, at + 3, u2(at + 1), StandardCharsets.UTF_8);
  }

  /** The name of the class that the Class entry names. */
  String className(int index) throws UnexpectedClassException {
    int at = offsets[index];
    if (bytes[at] != CLASS) {
      throw new UnexpectedClassException("constant " + index + " is no Class");
    }
    return utf8(u2(at + 1));
  }

  /** Whether the entry is a Methodref to this method. */
  boolean isMethod(int index, String owner, String name, String descriptor)
      throws UnexpectedClassException {
    int at = index > 0 && index < offsets.length ? offsets[index] : 0;
    if (at == 0 || bytes[at] != METHOD_REF || !className(u2(at + 1)).equals(owner)) {
      return false;
    }
    int nameAndType = offsets[u2(at + 3)];
    return utf8(u2(nameAndType + 1)).equals(name) && utf8(u2(nameAndType + 3)).equals(descriptor);
  }

  int addUtf8(String value) throws IOException, UnexpectedClassException {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    appended.writeByte(UTF8);
    appended.writeShort(encoded.length);
    appended.write(encoded);
    return next();
  }

  int addClass(String name) throws IOException, UnexpectedClassException {
    int utf8 = addUtf8(name);
    appended.writeByte(CLASS);
    appended.writeShort(utf8);
    return next();
  }

  int addMethod(String owner, String name, String descriptor)
      throws IOException, UnexpectedClassException {
    int ownerClass = addClass(owner);
    int nameIndex = addUtf8(name);
    int descriptorIndex = addUtf8(descriptor);
    appended.writeByte(NAME_AND_TYPE);
    appended.writeShort(nameIndex);
    appended.writeShort(descriptorIndex);
    int nameAndType = next();
    appended.writeByte(METHOD_REF);
    appended.writeShort(ownerClass);
    appended.writeShort(nameAndType);
    return next();
  }

  private int next() throws UnexpectedClassException {
    if (count >= 0xfffe) {
      throw new UnexpectedClassException("constant pool is full");
    }
    return count++;
  }

  /** Writes constant_pool_count, the original entries and the appended ones. */
  void writeTo(DataOutputStream out) throws IOException {
    out.writeShort(count);
    out.write(bytes, 10, end - 10);
    appendedBytes.writeTo(out);
  }

  private int u2(int at) {
    return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
  }
}
