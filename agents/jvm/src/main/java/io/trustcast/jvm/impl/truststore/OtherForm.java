package io.trustcast.jvm.impl.truststore;

/** A PKCS#12 file that is not as the host agent writes it. */
final class OtherForm extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OtherForm() {
    super("another form", null, false, false);
  }
}
