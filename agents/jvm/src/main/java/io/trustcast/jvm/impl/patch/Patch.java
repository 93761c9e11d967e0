package io.trustcast.jvm.impl.patch;

/** One method of a JDK class and the call put before its first instruction. */
final class Patch {
  final String className;
  final String method;
  final String descriptor;
  final Prologue prologue;
  final String hook;

  Patch(String className, String method, String descriptor, Prologue prologue, String hook) {
    this.className = className;
    this.method = method;
    this.descriptor = descriptor;
    this.prologue = prologue;
    this.hook = hook;
  }

  @Override
  public String toString() {
    return className.replace('/', '.') + '.' + method + descriptor;
  }
}
