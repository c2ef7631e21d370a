package io.nimbus.dea;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals beyond the end. By reflection: the class is in no API, and the compiler says so at every
 * use in a way that nothing silences.
 */
final class Signals {
    private static final Logger log = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /**
     * Runs on each such signal, on a thread of its own.
     *
     * @param name without {@code SIG}
     */
    static void on(String name, Runnable action) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var proxy =
                    Proxy.newProxyInstance(
                            Signals.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (self, method, arguments) ->
                                    handle(name, action, self, method, arguments));
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            var cause = e instanceof InvocationTargetException i ? i.getCause() : e;
            log.warn("SIG{} has its usual effect: {}", name, String.valueOf(cause));
        }
    }

    private static @Nullable Object handle(
            String name, Runnable action, Object self, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "handle" -> {
                log.info("SIG{}", name);
                Thread.ofPlatform().name("signal-" + name).start(action);
                yield null;
            }
            case "equals" -> System.identityHashCode(self) == System.identityHashCode(arguments[0]);
            case "hashCode" -> System.identityHashCode(self);
            default -> "handler of SIG" + name;
        };
    }
}
