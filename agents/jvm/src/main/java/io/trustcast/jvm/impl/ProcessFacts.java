package io.trustcast.jvm.impl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What identifies this process: boot, pid as it sees itself, and start time. */
final class ProcessFacts {
  private ProcessFacts() {}

  /** The fields of the status that never change. */
  static Map<String, Object> read(String agentVersion, String via) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("format", "trustcast-jvm-status/1");
    facts.put("bootId", text("/proc/sys/kernel/random/boot_id"));
    facts.put("pid", ProcessHandle.current().pid());
    facts.put("startTicks", startTicks());
    Map<String, Object> jdk = new LinkedHashMap<>();
    jdk.put("version", System.getProperty("java.version"));
    jdk.put("vendor", System.getProperty("java.vendor"));
    facts.put("jdk", jdk);
    facts.put("mainClass", mainClass());
    facts.put("agentVersion", agentVersion);
    facts.put("via", via);
    return facts;
  }

  /** The first word only: the arguments after it may be secrets. */
  private static String mainClass() {
    String command = System.getProperty("sun.java.command");
    return command == null || command.isEmpty() ? null : command.split(" ", 2)[0];
  }

  /** Field 22 of proc(5) stat; the second field is a name in parentheses that may hold anything. */
  private static Long startTicks() {
    String stat = text("/proc/self/stat");
    if (stat == null) {
      return null;
    }
    String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.valueOf(afterName[22 - 3]);
  }

  private static String text(String path) {
    try {
      return new String(Files.readAllBytes(Path.of(path)), StandardCharsets.ISO_8859_1).trim();
    } catch (IOException notLinux) {
      return null;
    }
  }
}
