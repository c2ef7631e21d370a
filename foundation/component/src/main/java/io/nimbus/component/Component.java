package io.nimbus.component;

import java.util.ArrayDeque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A part of a process that is started once and stopped once. */
public interface Component extends AutoCloseable {

    void start();

    @Override
    void close();

    /**
     * Several as one: started in this order, stopped in reverse. When one does not start, those
     * before it are stopped and its exception is thrown on. A fault while stopping is logged and
     * does not keep the others running.
     */
    static Component inOrder(Component... parts) {
        return new InOrder(List.of(parts));
    }

    /** A part that has nothing to start. */
    static Component closing(AutoCloseable resource) {
        return of(() -> {}, resource);
    }

    static Component of(Runnable start, AutoCloseable stop) {
        return new Component() {
            @Override
            public void start() {
                start.run();
            }

            @Override
            public void close() {
                InOrder.stop(stop);
            }
        };
    }

    /** See {@link Component#inOrder}. */
    final class InOrder implements Component {
        private static final Logger log = LoggerFactory.getLogger(Component.class);

        private final List<Component> parts;
        private final ArrayDeque<Component> started = new ArrayDeque<>();

        private InOrder(List<Component> parts) {
            this.parts = parts;
        }

        @Override
        public void start() {
            for (var part : parts) {
                try {
                    part.start();
                } catch (RuntimeException e) {
                    close();
                    throw e;
                }
                started.push(part);
            }
        }

        @Override
        public void close() {
            while (!started.isEmpty()) {
                stop(started.pop());
            }
        }

        private static void stop(AutoCloseable part) {
            try {
                part.close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                log.warn("not stopped in good order: {}", part.getClass().getSimpleName(), e);
            }
        }
    }
}
