package io.trustcast.jvm.test;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;

/**
 * Reads one command per line from stdin and answers each with one line on stdout. Ends with its
 * stdin.
 */
final class Commands {
  interface Handler {
    String answer(String command, String[] arguments) throws Exception;
  }

  private Commands() {}

  static void serve(Handler handler) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready " + ProcessHandle.current().pid());
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      String answer;
      try {
        answer = handler.answer(words[0], Arrays.copyOfRange(words, 1, words.length));
      } catch (Throwable failure) {
        answer = "error " + failure.toString().replace('\n', ' ');
      }
      System.out.println(answer);
    }
    System.exit(0);
  }
}
