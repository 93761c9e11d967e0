package io.trustcast.jvm.impl.platform;

import java.util.regex.Pattern;

/**
 * Text without what whoever reads the status refuses: what a terminal would act on, and halves of
 * characters.
 */
public final class PlainText {
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

  private PlainText() {}

  public static String of(String text) {
    return text == null ? null : UNPRINTABLE.matcher(text).replaceAll("\ufffd");
  }
}
