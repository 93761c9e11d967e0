package io.trustcast.jvm.impl.truststore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * Changes every byte of a truststore, and compares: what the fast reader accepts after the good
 * file, the JDK's keystore must read as the same entries. Prints how many variants both accepted
 * and how many differed.
 */
public final class ReaderAgreement {
  private static final PlainPkcs12 READER = new PlainPkcs12();

  private ReaderAgreement() {}

  public static void main(String[] args) throws Exception {
    byte[] good = Files.readAllBytes(Path.of(args[0]));
    if (new PlainPkcs12().read(good) == null) {
      throw new IllegalStateException("the fast reader does not know the form of " + args[0]);
    }
    int accepted = 0;
    int different = 0;
    for (int at = 0; at < good.length; at++) {
      for (int change : new int[] {0x01, 0x20, 0x80, 0xff}) {
        byte[] changed = good.clone();
        changed[at] ^= (byte) change;
        Map<String, ? extends Certificate> fast = fast(good, changed);
        if (fast != null) {
          accepted++;
          if (!fast.equals(slow(changed))) {
            different++;
            System.out.println("byte " + at + " ^ " + change + ": " + fast.keySet());
          }
        }
      }
    }
    System.out.println("accepted " + accepted + " different " + different);
  }

  private static Map<String, ? extends Certificate> fast(byte[] good, byte[] bytes) {
    try {
      READER.read(good);
      return READER.read(bytes);
    } catch (IOException | GeneralSecurityException | LoadFailure refused) {
      return null;
    }
  }

  private static Map<String, Certificate> slow(byte[] bytes) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), null);
      Map<String, Certificate> entries = new HashMap<>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isCertificateEntry(alias)) {
          entries.put(alias, store.getCertificate(alias));
        }
      }
      return entries;
    } catch (Exception refused) {
      return null;
    }
  }
}
