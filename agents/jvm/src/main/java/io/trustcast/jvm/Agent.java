package io.trustcast.jvm;

import java.lang.instrument.Instrumentation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * The part that stays: the JVM loads this class once from the first jar and never again, whatever
 * jar is attached later. It finds the newest release among the agent's jars and drives the
 * implementation in it, by maps of JDK types.
 */
public final class Agent {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static Release release;
  private static UnaryOperator<Map<String, Object>> running;

  /**
   * Of the load that started it: what a later one says of another directory is refused by every
   * release.
   */
  private static String options;

  private Agent() {}

  /** Entry point of {@code -javaagent}. */
  public static void premain(String options, Instrumentation instrumentation) {
    load("premain", options, instrumentation);
  }

  /**
   * Entry point of an attach. With the option {@code detach=true} the JVM gets its own behaviour
   * back.
   */
  public static void agentmain(String options, Instrumentation instrumentation) {
    load("agentmain", options, instrumentation);
  }

  /**
   * Nothing escapes: what premain throws ends the JVM, what agentmain throws is printed to the
   * host's stderr.
   */
  private static void load(String via, String given, Instrumentation instrumentation) {
    LOCK.lock();
    try {
      String problem;
      if (given != null && Arrays.asList(given.split(",")).contains("detach=true")) {
        problem = detach();
      } else {
        Release newest = Release.newest(release);
        if (running == null) {
          problem = start(newest, via, given, instrumentation, null);
        } else {
          problem = newest == release ? null : upgrade(newest, instrumentation);
          if (problem == null) {
            problem = problem(running.apply(command("again", "options", given)));
          }
        }
      }
      if (problem != null && via.equals("premain")) {
        System.err.println("trustcast: " + problem);
      }
    } catch (Throwable failure) {
      if (via.equals("premain")) {
        System.err.println("trustcast: " + failure);
      }
    } finally {
      LOCK.unlock();
    }
  }

  private static String start(
      Release chosen, String via, String given, Instrumentation instrumentation, Object state)
      throws Exception {
    UnaryOperator<Map<String, Object>> candidate = chosen.implementation();
    Map<String, Object> command = command("start", "options", given);
    command.put("via", via);
    command.put("instrumentation", instrumentation);
    command.put("version", chosen.version);
    command.put("state", state);
    String problem = problem(candidate.apply(command));
    if (problem == null) {
      release = chosen;
      running = candidate;
      options = given;
    }
    return problem;
  }

  private static String upgrade(Release newest, Instrumentation instrumentation) throws Exception {
    Release before = release;
    Object state = running.apply(command("stop", "withdraw", false)).get("state");
    running = null;
    String problem = start(newest, "agentmain", options, instrumentation, state);
    return problem == null ? null : start(before, "agentmain", options, instrumentation, state);
  }

  private static String detach() {
    if (running == null) {
      return null;
    }
    String problem = problem(running.apply(command("stop", "withdraw", true)));
    running = null;
    return problem;
  }

  private static Map<String, Object> command(String name, String key, Object value) {
    Map<String, Object> command = new HashMap<>();
    command.put("do", name);
    command.put(key, value);
    return command;
  }

  private static String problem(Map<String, Object> answer) {
    return (String) answer.get("problem");
  }
}
