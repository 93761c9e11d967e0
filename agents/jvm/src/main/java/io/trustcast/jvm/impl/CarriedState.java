package io.trustcast.jvm.impl;

import io.trustcast.jvm.impl.status.StatusFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What survives an upgrade: an implementation hands it to the next one as a map, which other
 * releases read too.
 */
final class CarriedState {
  final long epochMs;
  final String statusName;
  final long sequence;
  final long aloneMs;
  final String outdated;

  /**
   * The default Sets that were known; null when nothing is carried, or by a release that did not
   * know them.
   */
  final List<?> defaults;

  final long removedMs;

  /** The connections that were known, or null. */
  final List<?> connections;

  /** When the truststore was loaded for the first time, or 0. */
  final long loadedTicks;

  CarriedState(
      long epochMs,
      String statusName,
      long sequence,
      long aloneMs,
      String outdated,
      List<?> defaults,
      long removedMs,
      List<?> connections,
      long loadedTicks) {
    this.epochMs = epochMs;
    this.statusName = statusName;
    this.sequence = sequence;
    this.aloneMs = aloneMs;
    this.outdated = outdated;
    this.defaults = defaults;
    this.removedMs = removedMs;
    this.connections = connections;
    this.loadedTicks = loadedTicks;
  }

  /**
   * Reads the map of the implementation before, which may lack what its release did not know; null
   * is the first.
   */
  static CarriedState of(Map<?, ?> state) {
    if (state == null) {
      return new CarriedState(0, StatusFile.newName(), 0, 0, null, null, 0, null, 0);
    }
    return new CarriedState(
        (Long) state.get("epochMs"),
        (String) state.get("statusName"),
        (Long) state.get("sequence"),
        state.get("aloneMs") == null ? 0 : (Long) state.get("aloneMs"),
        (String) state.get("outdated"),
        (List<?>) state.get("defaults"),
        state.get("removedMs") == null ? 0 : (Long) state.get("removedMs"),
        (List<?>) state.get("connections"),
        state.get("loadedTicks") == null ? 0 : (Long) state.get("loadedTicks"));
  }

  Map<String, Object> toMap() {
    Map<String, Object> state = new HashMap<>();
    state.put("epochMs", epochMs);
    state.put("statusName", statusName);
    state.put("sequence", sequence);
    state.put("aloneMs", aloneMs);
    state.put("outdated", outdated);
    state.put("defaults", defaults);
    state.put("removedMs", removedMs);
    state.put("connections", connections);
    state.put("loadedTicks", loadedTicks);
    return state;
  }
}
