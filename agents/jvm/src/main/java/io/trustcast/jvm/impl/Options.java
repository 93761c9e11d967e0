package io.trustcast.jvm.impl;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The agent's options: {@code dir=<directory>[,cut=true][,issuers=auto|all|none]}. They show in the process list, so none is a
 * secret.
 */
final class Options {
  /** Holds the truststore and the status files; null when the options name none. */
  final Path directory;
  /** Whether connections older than a removal are checked again before they send. */
  final boolean cut;
  /** Which names servers send; null when the options say nothing. */
  final IssuerNames issuers;
  /** What is wrong with the options, or null. */
  final String problem;

  private Options(Path directory, boolean cut, IssuerNames issuers, String problem) {
    this.directory = directory;
    this.cut = cut;
    this.issuers = issuers;
    this.problem = problem;
  }

  static Options parse(String text) {
    Path directory = null;
    boolean cut = false;
    IssuerNames issuers = null;
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
      } else if (name.equals("issuers") && IssuerNames.of(value) != null) {
        issuers = IssuerNames.of(value);
      } else if (!option.isEmpty()) {
        problem = "unknown option " + name;
      }
    }
    if (directory == null && problem == null) {
      problem = "the option dir is missing";
    }
    return new Options(directory, cut, issuers, problem);
  }
}
