package io.trustcast.jvm.impl.platform;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A concurrent map with weak keys compared by identity; reads take no lock. */
public final class WeakIdentityMap<V> {
  private final Map<Object, V> entries = new ConcurrentHashMap<>();
  private final ReferenceQueue<Object> dead = new ReferenceQueue<>();

  public V get(Object key) {
    return entries.get(new Probe(key));
  }

  public void put(Object key, V value) {
    expunge();
    entries.put(new Key(key, dead), value);
  }

  public int size() {
    return entries.size();
  }

  public Collection<V> values() {
    expunge();
    return entries.values();
  }

  /** Calls the action with every key that is still alive. */
  public void forEachKey(java.util.function.Consumer<Object> action) {
    for (Object entry : entries.keySet()) {
      Object key = ((Key) entry).get();
      if (key != null) {
        action.accept(key);
      }
    }
  }

  private void expunge() {
    for (Object key = dead.poll(); key != null; key = dead.poll()) {
      entries.remove(key);
    }
  }

  private static final class Key extends WeakReference<Object> {
    private final int hash;

    Key(Object referent, ReferenceQueue<Object> queue) {
      super(referent, queue);
      this.hash = System.identityHashCode(referent);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      return this == other || other instanceof Key && get() != null && get() == ((Key) other).get();
    }
  }

  private static final class Probe {
    private final Object key;

    Probe(Object key) {
      this.key = key;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(key);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key && ((Key) other).get() == key;
    }
  }
}
