package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells at once when a status file appears, and each second that a second is over. One thread; it
 * hands over and waits again.
 */
final class ExitWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExitWatch.class);
    private static final Duration TICK = Duration.ofSeconds(1);

    private final WatchService watch;
    private final Consumer<String> ended;
    private final Runnable tick;

    /**
     * @param ended the name of a file that appeared
     * @param tick each second; also after an overflow, when names were lost
     */
    ExitWatch(Path folder, Consumer<String> ended, Runnable tick) throws IOException {
        this.ended = ended;
        this.tick = tick;
        this.watch = folder.getFileSystem().newWatchService();
        folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        Thread.ofPlatform().daemon().name("warden-watch").start(this::run);
    }

    private void run() {
        var due = System.nanoTime() + TICK.toNanos();
        try {
            while (true) {
                var left = due - System.nanoTime();
                if (left <= 0) {
                    guarded(tick);
                    due = System.nanoTime() + TICK.toNanos();
                    continue;
                }
                var key = watch.poll(left, TimeUnit.NANOSECONDS);
                if (key != null) {
                    for (var event : key.pollEvents()) {
                        if (event.context() instanceof Path name) {
                            guarded(() -> ended.accept(name.toString()));
                        } else {
                            due = System.nanoTime();
                        }
                    }
                    key.reset();
                }
            }
        } catch (ClosedWatchServiceException e) {
            // The end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.error("watching containers", e);
        }
    }

    @Override
    public void close() {
        try {
            watch.close();
        } catch (IOException e) {
            log.warn("the watch on exits does not close: {}", e.getMessage());
        }
    }
}
