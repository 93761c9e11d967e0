package io.trustcast.jvm.impl;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The agent's options: {@code dir=<directory>[,cut=true]}. They show in the process list, so none is a secret. */
final class Options {
  /** Holds the truststore and the status files; null when the options name none. */
  final Path directory;
  /** Whether connections older than a removal are checked again before they send. */
  final boolean cut;
  /** What is wrong with the options, or null. */
  final String problem;

  private Options(Path directory, boolean cut, String problem) {
    this.directory = directory;
    this.cut = cut;
    this.problem = problem;
  }

  static Options parse(String text) {
    Path directory = null;
    boolean cut = false;
    String problem = null;
    for (String option : text == null ? new String[0] : text.split(",")) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value = equals < 0 ? "" : option.substring(equals + 1);
      if (name.equals("dir") && !value.isEmpty()) {
        try {
          directory = Path.of(value).toAbsolutePath().normalize();
        } catch (InvalidPathException invalid) {
          problem = "the option dir is no path";
        }
      } else if (name.equals("cut") && (value.equals("true") || value.equals("false"))) {
        cut = value.equals("true");
      } else if (!option.isEmpty()) {
        problem = "unknown option " + name;
      }
    }
    return new Options(directory, cut, directory == null && problem == null ? "the option dir is missing" : problem);
  }
}
