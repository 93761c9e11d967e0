package io.trustcast.jvm.impl.platform;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Typed access to the JDK internals that the hooks read and write. The handles are static and final
 * so that the JIT folds them; the packages must be open to this module before the class is
 * initialised.
 */
public final class Internals {
  public static final Class<?> TRUST_MANAGER = type("sun.security.ssl.X509TrustManagerImpl");
  static final Class<?> SESSION = type("sun.security.ssl.SSLSessionImpl");
  public static final Class<?> HOOK;

  private static final Class<?> VALIDATOR = type("sun.security.validator.Validator");
  private static final Class<?> PKIX_VALIDATOR = type("sun.security.validator.PKIXValidator");
  public static final Class<?> CONTEXT = type("sun.security.ssl.SSLContextImpl");
  public static final Class<?> FACTORY = type("sun.security.ssl.SSLSocketFactoryImpl");
  private static final Class<?> DEFAULTS = type("sun.security.ssl.TrustStoreManager");

  private static final MethodHandle VALIDATOR_TYPE;
  private static final MethodHandle TRUSTED_CERTS;
  private static final MethodHandle PARAMETERS;
  private static final MethodHandle GET_SERVER;
  private static final MethodHandle GET_CLIENT;
  private static final MethodHandle SET_SERVER;
  private static final MethodHandle SET_CLIENT;
  private static final MethodHandle VALIDATOR_OF_SET;
  private static final MethodHandle VALIDATOR_OF_PARAMETERS;
  private static final MethodHandle VALIDATOR_CERTS;
  private static final MethodHandle DEFAULT_SET;
  private static final MethodHandle PEER_CERTS;
  private static final MethodHandle DEFAULT_CONTEXT;
  private static final MethodHandle CONTEXT_SPI;
  private static final MethodHandle CONTEXT_MANAGER;
  private static final MethodHandle FACTORY_CONTEXT;
  private static final MethodHandle URL_CONNECTION_FACTORY;
  private static final MethodHandle NEW_SESSION;
  private static final MethodHandle IS_REJOINABLE;
  private static final MethodHandle UNINITIALISED;
  private static final MethodHandle INITIAL_PROPERTY;
  private static final StaticField[] NAMED_FACTORIES;
  private static final StaticField DEFAULT_FAILURE;
  private static final StaticField DEFAULT_MANAGERS;

  static {
    try {
      MethodHandles.Lookup manager =
          MethodHandles.privateLookupIn(TRUST_MANAGER, MethodHandles.lookup());
      requireVolatile("clientValidator");
      requireVolatile("serverValidator");
      VALIDATOR_TYPE = getter(manager, TRUST_MANAGER, "validatorType", String.class);
      TRUSTED_CERTS = getter(manager, TRUST_MANAGER, "trustedCerts", Collection.class);
      PARAMETERS = getter(manager, TRUST_MANAGER, "pkixParams", PKIXBuilderParameters.class);
      GET_SERVER = getter(manager, TRUST_MANAGER, "serverValidator", VALIDATOR);
      GET_CLIENT = getter(manager, TRUST_MANAGER, "clientValidator", VALIDATOR);
      SET_SERVER = setter(manager, "serverValidator");
      SET_CLIENT = setter(manager, "clientValidator");

      MethodHandles.Lookup validator =
          MethodHandles.privateLookupIn(VALIDATOR, MethodHandles.lookup());
      VALIDATOR_OF_SET =
          validator
              .findStatic(
                  VALIDATOR,
                  "getInstance",
                  methodType(VALIDATOR, String.class, String.class, Collection.class))
              .asType(methodType(Object.class, String.class, String.class, Collection.class));
      VALIDATOR_OF_PARAMETERS =
          validator
              .findStatic(
                  VALIDATOR,
                  "getInstance",
                  methodType(VALIDATOR, String.class, String.class, PKIXBuilderParameters.class))
              .asType(
                  methodType(
                      Object.class, String.class, String.class, PKIXBuilderParameters.class));
      VALIDATOR_CERTS =
          validator
              .findVirtual(VALIDATOR, "getTrustedCertificates", methodType(Collection.class))
              .asType(methodType(Collection.class, Object.class));

      DEFAULT_SET =
          MethodHandles.privateLookupIn(DEFAULTS, MethodHandles.lookup())
              .findStatic(DEFAULTS, "getTrustedCerts", methodType(Set.class));

      MethodHandles.Lookup session = MethodHandles.privateLookupIn(SESSION, MethodHandles.lookup());
      PEER_CERTS = getter(session, SESSION, "peerCerts", X509Certificate[].class);
      NEW_SESSION =
          session.findConstructor(SESSION, methodType(void.class)).asType(methodType(Object.class));
      IS_REJOINABLE =
          session
              .findVirtual(SESSION, "isRejoinable", methodType(boolean.class))
              .asType(methodType(boolean.class, Object.class));

      MethodHandles.Lookup context =
          MethodHandles.privateLookupIn(SSLContext.class, MethodHandles.lookup());
      DEFAULT_CONTEXT =
          context.findStaticGetter(SSLContext.class, "defaultContext", SSLContext.class);
      CONTEXT_SPI = context.findGetter(SSLContext.class, "contextSpi", SSLContextSpi.class);
      CONTEXT_MANAGER =
          MethodHandles.privateLookupIn(CONTEXT, MethodHandles.lookup())
              .findGetter(CONTEXT, "trustManager", X509TrustManager.class)
              .asType(methodType(Object.class, Object.class));
      FACTORY_CONTEXT =
          MethodHandles.privateLookupIn(FACTORY, MethodHandles.lookup())
              .findGetter(FACTORY, "context", CONTEXT)
              .asType(methodType(Object.class, Object.class));

      URL_CONNECTION_FACTORY =
          MethodHandles.privateLookupIn(HttpsURLConnection.class, MethodHandles.lookup())
              .findStaticGetter(
                  HttpsURLConnection.class, "defaultSSLSocketFactory", SSLSocketFactory.class);

      Class<?> unsafe = type("jdk.internal.misc.Unsafe");
      UNINITIALISED =
          MethodHandles.lookup()
              .findVirtual(unsafe, "shouldBeInitialized", methodType(boolean.class, Class.class))
              .bindTo(
                  MethodHandles.lookup()
                      .findStatic(unsafe, "getUnsafe", methodType(unsafe))
                      .invoke());

      INITIAL_PROPERTY =
          MethodHandles.lookup()
              .findStatic(
                  type("jdk.internal.misc.VM"),
                  "getSavedProperty",
                  methodType(String.class, String.class));
      NAMED_FACTORIES =
          new StaticField[] {
            namedFactory(SSLSocketFactory.class), namedFactory(SSLServerSocketFactory.class)
          };

      Class<?> managers = type("sun.security.ssl.SSLContextImpl$DefaultManagersHolder");
      DEFAULT_FAILURE = StaticField.of(managers, "reservedException", Exception.class);
      DEFAULT_MANAGERS = StaticField.of(managers, "trustManagers", TrustManager[].class);

      HOOK = HookClass.define(manager);
    } catch (Throwable failure) {
      throw new LinkageError("the JDK's TLS classes are not as expected: " + failure, failure);
    }
  }

  private Internals() {}

  public static String validatorType(Object manager) throws Throwable {
    return (String) (Object) VALIDATOR_TYPE.invokeExact(manager);
  }

  @SuppressWarnings("unchecked")
  public static Collection<X509Certificate> trustedCerts(Object manager) throws Throwable {
    return (Collection<X509Certificate>) (Object) TRUSTED_CERTS.invokeExact(manager);
  }

  /** The parameters that the manager was made with, or null. */
  public static PKIXBuilderParameters parameters(Object manager) throws Throwable {
    return (PKIXBuilderParameters) (Object) PARAMETERS.invokeExact(manager);
  }

  public static Object serverValidator(Object manager) throws Throwable {
    return (Object) GET_SERVER.invokeExact(manager);
  }

  public static Object clientValidator(Object manager) throws Throwable {
    return (Object) GET_CLIENT.invokeExact(manager);
  }

  /** Null makes the JDK build its own validator again. */
  public static void setValidators(Object manager, Object server, Object client) throws Throwable {
    SET_SERVER.invokeExact(manager, server);
    SET_CLIENT.invokeExact(manager, client);
  }

  public static Object validator(String type, String variant, Collection<X509Certificate> certs)
      throws Throwable {
    return (Object) VALIDATOR_OF_SET.invokeExact(type, variant, certs);
  }

  public static Object validator(String type, String variant, PKIXBuilderParameters parameters)
      throws Throwable {
    return (Object) VALIDATOR_OF_PARAMETERS.invokeExact(type, variant, parameters);
  }

  @SuppressWarnings("unchecked")
  public static Collection<X509Certificate> validatorCerts(Object validator) throws Throwable {
    return (Collection<X509Certificate>) VALIDATOR_CERTS.invokeExact(validator);
  }

  /** The one Set that every default trust manager made now shares. */
  @SuppressWarnings("unchecked")
  public static Set<X509Certificate> defaultSet() throws Throwable {
    return (Set<X509Certificate>) DEFAULT_SET.invokeExact();
  }

  public static boolean hasPeerCertificates(Object session) throws Throwable {
    return (Object) PEER_CERTS.invokeExact(session) != null;
  }

  /**
   * The default context if there is one; SSLContext.getDefault() would make it before the
   * application is ready.
   */
  public static SSLContext defaultContext() throws Throwable {
    return (SSLContext) DEFAULT_CONTEXT.invokeExact();
  }

  /**
   * The trust manager inside a context of the JDK, or null when the context is another provider's.
   */
  public static Object managerOf(SSLContext context) throws Throwable {
    Object spi = spiOf(context);
    return CONTEXT.isInstance(spi) ? managerOfSpi(spi) : null;
  }

  public static SSLContextSpi spiOf(SSLContext context) throws Throwable {
    return (SSLContextSpi) CONTEXT_SPI.invokeExact(context);
  }

  /** The trust manager of what stands behind a context of the JDK. */
  public static Object managerOfSpi(Object spi) throws Throwable {
    return (Object) CONTEXT_MANAGER.invokeExact(spi);
  }

  /**
   * The trust manager behind a socket factory of the JDK, or null when the factory is another's.
   */
  public static Object managerOf(SSLSocketFactory factory) throws Throwable {
    if (!FACTORY.isInstance(factory)) {
      return null;
    }
    Object context = (Object) FACTORY_CONTEXT.invokeExact((Object) factory);
    return (Object) CONTEXT_MANAGER.invokeExact(context);
  }

  /** The default of HttpsURLConnection if there is one; asking the class would make it. */
  public static SSLSocketFactory urlConnectionFactory() throws Throwable {
    return (SSLSocketFactory) URL_CONNECTION_FACTORY.invokeExact();
  }

  /** Whether the JDK's classes for checking a peer's chain in a handshake have been initialised. */
  public static boolean hasValidated() {
    return initialised(PKIX_VALIDATOR) && initialised(SESSION);
  }

  /**
   * Whether the JDK's class for the default truststore has been initialised: before, no trust
   * manager came from it.
   */
  public static boolean hasDefaults() {
    return initialised(DEFAULTS);
  }

  public static boolean initialised(Class<?> type) {
    try {
      return !(boolean) UNINITIALISED.invokeExact(type);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** A system property as the JVM was started with it, or null. */
  public static String initialProperty(String name) {
    try {
      return (String) INITIAL_PROPERTY.invokeExact(name);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  /**
   * A socket factory that a security property has named once, and that stays the default whatever
   * it says now; or null.
   */
  public static Object namedFactory() throws Throwable {
    for (StaticField field : NAMED_FACTORIES) {
      Object factory = field.get();
      if (factory != null) {
        return factory;
      }
    }
    return null;
  }

  /** Why there will never be a default context in this JVM, or null: the JDK tries once. */
  public static Object defaultContextFailure() throws Throwable {
    return DEFAULT_FAILURE.get();
  }

  /** What every default context of the JDK will be made from, or null: made once. */
  public static TrustManager[] defaultManagers() throws Throwable {
    return (TrustManager[]) DEFAULT_MANAGERS.get();
  }

  private static StaticField namedFactory(Class<?> of) throws ReflectiveOperationException {
    Class<?> owner = of;
    String field = "theFactory"; // until JDK 12
    try {
      owner = Class.forName(of.getName() + "$DefaultFactoryHolder", false, null);
      field = "defaultFactory";
    } catch (ClassNotFoundException older) {
      // in the class itself
    }
    return StaticField.of(owner, field, of);
  }

  private static final class StaticField {
    final Class<?> owner;
    final MethodHandle getter;

    private StaticField(Class<?> owner, MethodHandle getter) {
      this.owner = owner;
      this.getter = getter;
    }

    static StaticField of(Class<?> owner, String name, Class<?> type)
        throws ReflectiveOperationException {
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
      return new StaticField(
          owner, lookup.findStaticGetter(owner, name, type).asType(methodType(Object.class)));
    }

    /** Its value; null as long as its class is not initialised, which this does not do. */
    Object get() throws Throwable {
      return initialised(owner) ? (Object) getter.invokeExact() : null;
    }
  }

  /** Brings a session without a peer to the hook. */
  public static void askRejoinable() throws Throwable {
    Object session = (Object) NEW_SESSION.invokeExact();
    boolean ignored = (boolean) IS_REJOINABLE.invokeExact(session);
  }

  private static void requireVolatile(String field) throws ReflectiveOperationException {
    Field declared = TRUST_MANAGER.getDeclaredField(field);
    if (!Modifier.isVolatile(declared.getModifiers())
        || Modifier.isFinal(declared.getModifiers())) {
      throw new NoSuchFieldException(declared + " is not volatile");
    }
  }

  private static MethodHandle getter(
      MethodHandles.Lookup lookup, Class<?> owner, String field, Class<?> type)
      throws ReflectiveOperationException {
    return lookup.findGetter(owner, field, type).asType(methodType(Object.class, Object.class));
  }

  private static MethodHandle setter(MethodHandles.Lookup lookup, String field)
      throws ReflectiveOperationException {
    return lookup
        .findSetter(TRUST_MANAGER, field, VALIDATOR)
        .asType(methodType(void.class, Object.class, Object.class));
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name, false, null);
    } catch (ClassNotFoundException missing) {
      throw new LinkageError(name + " does not exist", missing);
    }
  }
}
