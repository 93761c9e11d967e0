package io.trustcast.jvm.impl;

import io.trustcast.jvm.impl.platform.Privileged;
import io.trustcast.jvm.impl.platform.ProcessFacts;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What the permanent shim drives, by maps of JDK types so that shim and implementation may be of
 * different versions. Commands under "do": start, again, stop.
 */
public final class Implementation implements UnaryOperator<Map<String, Object>> {
  private Controller controller;
  private String statusName;
  private Thread exitHook;

  @Override
  public Map<String, Object> apply(Map<String, Object> command) {
    Map<String, Object> answer = new HashMap<>();
    try {
      switch ((String) command.get("do")) {
        case "start":
          answer.put("problem", Privileged.call(() -> start(command)));
          break;
        case "again":
          Privileged.call(() -> again((String) command.get("options")));
          break;
        default:
          answer.put(
              "state", Privileged.call(() -> stop(Boolean.TRUE.equals(command.get("withdraw")))));
      }
    } catch (Throwable failure) {
      answer.put("problem", failure.toString());
    }
    return answer;
  }

  /** Answers null, or why nothing was started. */
  private String start(Map<String, Object> command) {
    Options options = Options.parse((String) command.get("options"));
    if (options.directory == null) {
      return "BAD_OPTIONS: " + options.problem;
    }
    String via = (String) command.get("via");
    String warning = via.equals("premain") ? options.warning() : null;
    if (warning != null) {
      System.err.println("trustcast: " + warning);
    }
    CarriedState carried = CarriedState.of((Map<?, ?>) command.get("state"));
    statusName = carried.statusName;
    Map<String, Object> facts = ProcessFacts.read((String) command.get("version"), via);
    controller = new Controller(options, via, facts, carried);
    controller.start((Instrumentation) command.get("instrumentation"));
    exitHook = new Thread(null, this::leave, "trustcast-exit", 0, false);
    exitHook.setContextClassLoader(null);
    Runtime.getRuntime().addShutdownHook(exitHook);
    return null;
  }

  private Object again(String text) throws Exception {
    Options options = Options.parse(text);
    if (options.directory != null && !same(options.directory, controller.directory())) {
      controller.note("SECOND_LOAD_REFUSED: " + options.directory);
    } else if (options.problem != null) {
      controller.note("BAD_OPTIONS: " + options.problem);
    } else if (options.cut && !controller.cuts()) {
      controller.note("SECOND_LOAD_REFUSED: cut=true");
    } else if (options.issuers != null) {
      controller.name(options.issuers);
    }
    return null;
  }

  private static boolean same(Path one, Path other) throws Exception {
    return one.equals(other)
        || Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other);
  }

  private Map<String, Object> stop(boolean withdraw) throws Exception {
    try {
      Runtime.getRuntime().removeShutdownHook(exitHook);
    } catch (IllegalStateException exiting) {
      // the hook runs already
    }
    CarriedState carried;
    try {
      carried = controller.stop(statusName);
    } finally {
      if (withdraw) {
        controller
            .withdraw(); // also where another agent keeps the JDK's classes from being put back
      }
    }
    return carried.toMap();
  }

  private void leave() {
    try {
      controller.withdraw();
    } catch (Throwable ignored) {
      // the JVM ends; the host agent finds the process gone
    }
  }
}
