package io.nimbus.router;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals of the operating system. The JDK has had this class of its own for them since its
 * beginnings and keeps it (module {@code jdk.unsupported}), but compilers warn of its mention: it
 * is reached by its name.
 */
final class Signals {
    private static final Logger log = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /**
     * Calls the handlers from now on, each in a thread of its own; where there are no signals,
     * never.
     */
    static void handle(Map<String, Runnable> handlers) {
        handlers.forEach((name, handler) -> {
            try {
                handle(name, handler);
            } catch (ReflectiveOperationException | IllegalArgumentException e) {
                log.warn("no signal {} here: {}", name, e.toString());
            }
        });
    }

    private static void handle(String name, Runnable handler) throws ReflectiveOperationException {
        var signals = Class.forName("sun.misc.Signal");
        var handlers = Class.forName("sun.misc.SignalHandler");
        var proxy =
                Proxy.newProxyInstance(
                        Signals.class.getClassLoader(),
                        new Class<?>[] {handlers},
                        (self, method, arguments) ->
                                switch (method.getName()) {
                                    case "handle" -> {
                                        handler.run();
                                        yield null;
                                    }
                                    case "hashCode" -> System.identityHashCode(self);
                                    case "equals" ->
                                            System.identityHashCode(arguments[0])
                                                    == System.identityHashCode(self);
                                    default -> "handler of " + name;
                                });
        try {
            signals.getMethod("handle", signals, handlers)
                    .invoke(null, signals.getConstructor(String.class).newInstance(name), proxy);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(String.valueOf(e.getCause()), e);
        }
    }
}
