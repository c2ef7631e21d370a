package io.nimbus.dea;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks of the same name one after the other, in the order they came, and those of different
 * names at the same time, on virtual threads. One lock guards the queues.
 */
final class Sequencer {
    private static final Logger log = LoggerFactory.getLogger(Sequencer.class);

    private final Map<String, ArrayDeque<Runnable>> queues = new HashMap<>();

    void run(String name, Runnable task) {
        synchronized (queues) {
            var queue = queues.get(name);
            if (queue != null) {
                queue.add(task);
                return;
            }
            queues.put(name, new ArrayDeque<>());
        }
        Thread.ofVirtual().name("instance-" + name).start(() -> work(name, task));
    }

    private void work(String name, Runnable first) {
        for (var task = first; task != null; task = next(name)) {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.error("instance {}", name, e);
            }
        }
    }

    private @org.jspecify.annotations.Nullable Runnable next(String name) {
        synchronized (queues) {
            var queue = queues.get(name);
            var task = queue == null ? null : queue.poll();
            if (task == null) {
                queues.remove(name);
            }
            return task;
        }
    }
}
