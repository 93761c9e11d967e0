package io.trustcast.jvm.impl.patch;

import java.io.IOException;

/**
 * Code put before the first instruction of a method. Its length is a multiple of four, because
 * tableswitch and lookupswitch are padded to four bytes from the start of the code.
 */
enum Prologue {
  /** {@code hook(this)}. */
  TELL("(Ljava/lang/Object;)V", 4, 1),
  /** {@code X509Certificate[] answer = hook(this); if (answer != null) return answer}. */
  ANSWER("(Ljava/lang/Object;)[Ljava/security/cert/X509Certificate;", 12, 2);

  static final String HOOK_CLASS = "sun/security/ssl/TrustcastHook";
  private static final String ANSWER_TYPE = "[Ljava/security/cert/X509Certificate;";
  private static final int ANSWER_FRAME_AT = 9;

  final String hookDescriptor;
  final int length;
  final int maxStack;

  Prologue(String hookDescriptor, int length, int maxStack) {
    this.hookDescriptor = hookDescriptor;
    this.length = length;
    this.maxStack = maxStack;
  }

  byte[] code(int hookMethod) {
    byte high = (byte) (hookMethod >> 8);
    byte low = (byte) hookMethod;
    if (this == TELL) {
      // aload_0, invokestatic
      return new byte[] {0x2a, (byte) 0xb8, high, low};
    }
    // aload_0, invokestatic, dup, ifnull +4, areturn, pop, nop, nop
    return new byte[] {
      0x2a, (byte) 0xb8, high, low, 0x59, (byte) 0xc6, 0, 4, (byte) 0xb0, 0x57, 0, 0
    };
  }

  /** The stack map frame that the prologue itself needs, or an empty array. */
  byte[] frame(ConstantPool pool) throws IOException, UnexpectedClassException {
    if (this == TELL) {
      return new byte[0];
    }
    int type = pool.addClass(ANSWER_TYPE);
    // same_locals_1_stack_item_frame with an Object_variable_info
    return new byte[] {64 + ANSWER_FRAME_AT, 7, (byte) (type >> 8), (byte) type};
  }

  /** What is added to offset_delta of the method's own first frame. */
  int firstFrameShift() {
    return this == TELL ? length : length - ANSWER_FRAME_AT - 1;
  }
}
