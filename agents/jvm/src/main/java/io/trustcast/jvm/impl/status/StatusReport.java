package io.trustcast.jvm.impl.status;

import io.trustcast.jvm.impl.platform.Json;
import io.trustcast.jvm.impl.platform.PlainText;
import io.trustcast.jvm.impl.session.OlderConnections;
import io.trustcast.jvm.impl.trust.ManagerState;
import io.trustcast.jvm.impl.trust.TrustHooks;
import io.trustcast.jvm.impl.truststore.FileStamp;
import io.trustcast.jvm.impl.truststore.Heap;
import io.trustcast.jvm.impl.truststore.LoadError;
import io.trustcast.jvm.impl.truststore.TrustSet;
import io.trustcast.jvm.impl.truststore.TruststoreLoader;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sun.security.ssl.TrustcastHook;

/** Composes the status and writes it when it has something new to say. */
public final class StatusReport {
  private static final int MAX_MESSAGE = 1_000;
  private static final int MAX_ALIASES_BYTES = 24_576;
  private static final int MAX_OTHERS = 32;
  private static final long EVERY_MS = 5_000;

  private final Map<String, Object> facts;
  private final StatusFile file;
  private long sequence;
  private Map<String, Object> said;
  private long saidAtMs;

  public StatusReport(Map<String, Object> facts, StatusFile file, long sequence) {
    this.facts = facts;
    this.file = file;
    this.sequence = sequence;
  }

  public long sequence() {
    return sequence;
  }

  /**
   * Writes the file if it is not what was said last, and every few seconds: who does not is not
   * believed.
   */
  public void say(
      Claim claim,
      TrustSet set,
      TruststoreLoader loader,
      List<String> patched,
      List<String> alsoInBase,
      List<Map<String, Object>> otherTrust,
      TrustHooks hooks,
      OlderConnections older)
      throws IOException {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("file", loader == null ? null : file(loader));
    content.put("state", claim.name);
    content.put("reason", shorten(claim.reason));
    content.put("loaded", loaded(set));
    content.put("alsoInBase", limit(alsoInBase));
    content.put(
        "unreadable",
        loader == null || loader.error() == null ? List.of() : limit(loader.error().aliases));
    content.put("lastError", claim.lastError == null ? null : error(claim.lastError));
    content.put("patched", patched);
    content.put(
        "otherTrust",
        otherTrust.size() <= MAX_OTHERS ? otherTrust : otherTrust.subList(0, MAX_OTHERS));

    Map<String, Object> counts = new LinkedHashMap<>();
    counts.put("hookErrors", hooks == null ? 0 : TrustcastHook.failures.sum());
    Map<String, Object> instances = new LinkedHashMap<>();
    for (ManagerState.Kind kind : ManagerState.Kind.values()) {
      instances.put(
          kind.name().toLowerCase(java.util.Locale.ROOT), hooks == null ? 0 : hooks.count(kind));
    }
    counts.put("instances", instances);
    counts.put("olderConnections", older.count());
    counts.put("partial", older.isPartial() ? List.of("olderConnections") : List.of());
    counts.put(
        "maxEntries", Heap.entries(set == null ? 0 : set.managed.size() + set.baseCerts.size()));

    long nowMs = System.currentTimeMillis();
    boolean due = Math.abs(nowMs - saidAtMs) >= EVERY_MS;
    if (content.equals(said) && !due && file.exists()) {
      return;
    }
    sequence++;
    Map<String, Object> status = new LinkedHashMap<>(facts);
    status.putAll(content);
    status.putAll(counts);
    status.put("sequence", sequence);
    status.put("writtenAt", Instant.ofEpochMilli(nowMs).toString());
    file.write(status);
    said = content;
    saidAtMs = nowMs;
  }

  public void delete() throws IOException {
    file.delete();
  }

  private static Map<String, Object> file(TruststoreLoader loader) {
    FileStamp stamp = loader.stamp();
    if (stamp == null || stamp == FileStamp.MISSING) {
      return null;
    }
    Map<String, Object> file = new LinkedHashMap<>();
    file.put("path", PlainText.of(loader.path().toString()));
    file.put("device", Long.toUnsignedString(stamp.device));
    file.put("inode", Long.toUnsignedString(stamp.inode));
    return file;
  }

  private static Map<String, Object> loaded(TrustSet set) {
    if (set == null) {
      return null;
    }
    Map<String, Object> loaded = new LinkedHashMap<>();
    loaded.put("sha256", set.sha256);
    loaded.put("managed", set.managed.size());
    loaded.put("base", set.baseCerts.size());
    loaded.put("loadedAt", Instant.ofEpochMilli(set.loadedAtMs).toString());
    return loaded;
  }

  private static Map<String, Object> error(LoadError error) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("at", Instant.ofEpochMilli(error.atMs).toString());
    json.put("message", shorten(error.message));
    return json;
  }

  private static String shorten(String text) {
    return text == null || text.length() <= MAX_MESSAGE
        ? PlainText.of(text)
        : PlainText.of(text.substring(0, MAX_MESSAGE));
  }

  private static List<String> limit(List<String> aliases) {
    List<String> kept = new ArrayList<>();
    int bytes = 0;
    for (String alias : aliases) {
      bytes += Json.of(alias).length() + 1;
      if (bytes > MAX_ALIASES_BYTES) {
        break;
      }
      kept.add(alias);
    }
    return kept;
  }

  /** State and reason, and the problem met last. */
  public static final class Claim {
    final String name;
    final String reason;
    final LoadError lastError;

    public Claim(String name, String reason, LoadError lastError) {
      this.name = name;
      this.reason = reason;
      this.lastError = lastError;
    }
  }
}
