package io.trustcast.jvm.impl;

import io.trustcast.jvm.impl.truststore.IssuerNames;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The agent's options: {@code dir=<directory>[,cut=true][,issuers=auto|all|none]}. They show in the
 * process list, so none is a secret.
 */
final class Options {
  private static final String REMEDY =
      "name the directory of the host agent as an absolute path,"
          + " -javaagent:trustcast-jvm.jar=dir=/path";
  private static final int SHOWN = 200;

  /** Holds the truststore and the status files; null when the options name none. */
  final Path directory;

  /** Whether connections older than a removal are checked again before they send. */
  final boolean cut;

  /** Which names servers send; null when the options say nothing. */
  final IssuerNames issuers;

  /** What is wrong with the options, or null. */
  final String problem;

  private final boolean isRelative;

  private Options(
      Path directory, boolean isRelative, boolean cut, IssuerNames issuers, String problem) {
    this.directory = directory;
    this.isRelative = isRelative;
    this.cut = cut;
    this.issuers = issuers;
    this.problem = problem;
  }

  static Options parse(String text) {
    Path directory = null;
    boolean isRelative = false;
    boolean cut = false;
    IssuerNames issuers = null;
    List<String> problems = new ArrayList<>();
    for (String option : text == null ? new String[0] : text.split(",")) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value = equals < 0 ? "" : option.substring(equals + 1);
      if (name.equals("dir")) {
        try {
          directory = value.isEmpty() ? null : Path.of(value).toAbsolutePath().normalize();
          isRelative = !value.isEmpty() && !Path.of(value).isAbsolute();
        } catch (InvalidPathException invalid) {
          directory = null;
        }
        if (directory == null) {
          problems.add(shown(option) + " is no path: " + REMEDY);
        }
      } else if (name.equals("cut")) {
        cut = value.equals("true");
        if (!cut && !value.equals("false")) {
          problems.add(shown(option) + " is not known: cut is true or false");
        }
      } else if (name.equals("issuers")) {
        issuers = IssuerNames.of(value);
        if (issuers == null) {
          problems.add(shown(option) + " is not known: issuers is auto, all or none");
        }
      } else if (!option.isEmpty()) {
        problems.add("unknown option " + shown(name) + ": there are dir, cut and issuers");
      }
    }
    if (directory == null && problems.isEmpty()) {
      problems.add("the option dir is missing: " + REMEDY);
    }
    return new Options(
        directory,
        isRelative,
        cut,
        issuers,
        problems.isEmpty() ? null : String.join("; ", problems));
  }

  /** All that whoever wrote the options should know, on one line; null where there is nothing. */
  String warning() {
    List<String> warnings = new ArrayList<>();
    if (problem != null) {
      warnings.add("BAD_OPTIONS: " + problem);
    }
    if (directory != null && isRelative) {
      warnings.add(
          "DIRECTORY_RELATIVE: dir= is no absolute path and stands for "
              + shown(directory.toString())
              + ": "
              + REMEDY);
    }
    if (directory != null && !Files.isDirectory(directory)) {
      warnings.add(
          "DIRECTORY_MISSING: "
              + shown(directory.toString())
              + " is no directory; until it is one, nothing is trusted beside what the JVM has"
              + " itself: start the host agent on it, or correct dir=");
    }
    return warnings.isEmpty() ? null : String.join("; ", warnings);
  }

  /** Text of somebody else, as it may stand on one line. */
  private static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
