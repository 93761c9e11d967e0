package io.trustcast.jvm.impl.platform;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What identifies this process: boot, pid as it sees itself, and start time. */
public final class ProcessFacts {
  private static final long TICK_MS = 10; // USER_HZ is 100

  private ProcessFacts() {}

  /** The fields of the status that never change. */
  public static Map<String, Object> read(String agentVersion, String via) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("format", "trustcast-jvm-status/1");
    facts.put("bootId", text("/proc/sys/kernel/random/boot_id"));
    facts.put("pid", ProcessHandle.current().pid());
    facts.put("startTicks", startTicks("/proc/self/stat"));
    Map<String, Object> jdk = new LinkedHashMap<>();
    jdk.put("version", PlainText.of(System.getProperty("java.version")));
    jdk.put("vendor", PlainText.of(System.getProperty("java.vendor")));
    facts.put("jdk", jdk);
    facts.put("mainClass", mainClass());
    facts.put("agentVersion", agentVersion);
    facts.put("via", via);
    return facts;
  }

  /** The first word only: the arguments after it may be secrets. */
  private static String mainClass() {
    String command = System.getProperty("sun.java.command");
    return command == null || command.isEmpty() ? null : PlainText.of(command.split(" ", 2)[0]);
  }

  /**
   * When the JVM began, by the wall clock; 0 when unknown. The process may have been a script
   * before it became a JVM, which prepared the truststore: the JVM is as old as its oldest own
   * thread. To be called by a thread that is new.
   */
  public static long startedMs() {
    File[] threads = new File("/proc/self/task").listFiles();
    Long now = startTicks("/proc/thread-self/stat");
    for (File thread : threads == null || now == null ? new File[0] : threads) {
      if ("VM Thread".equals(text(thread + "/comm"))) {
        return System.currentTimeMillis() - (now - startTicks(thread + "/stat")) * TICK_MS;
      }
    }
    return 0;
  }

  /** Ticks since this boot. */
  public static long nowTicks() {
    String uptime = text("/proc/uptime");
    return uptime == null ? 0 : (long) (Double.parseDouble(uptime.split(" ")[0]) * 1_000 / TICK_MS);
  }

  /** Field 22 of proc(5) stat; the second field is a name in parentheses that may hold anything. */
  private static Long startTicks(String path) {
    String stat = text(path);
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
