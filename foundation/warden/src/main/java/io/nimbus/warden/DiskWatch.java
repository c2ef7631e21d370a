package io.nimbus.warden;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * Looks how much a folder holds, where the file system does not count by itself: a walk through all
 * files, so every few seconds, and the seldomer the longer it takes.
 */
final class DiskWatch {
    private static final Duration LEAST = Duration.ofSeconds(4);
    private static final int SHARE = 50;

    private final Path folder;
    private final AtomicBoolean walking = new AtomicBoolean();
    private volatile long dueAt;
    private volatile long bytes;

    DiskWatch(Path folder) {
        this.folder = folder;
        this.dueAt = System.nanoTime();
    }

    /** Walks when it is time to, on a thread of its own. */
    void look(LongConsumer found) {
        if (System.nanoTime() - dueAt < 0 || !walking.compareAndSet(false, true)) {
            return;
        }
        Thread.ofVirtual()
                .name("disk-" + folder)
                .start(() -> {
                    try {
                        found.accept(walk());
                    } finally {
                        walking.set(false);
                    }
                });
    }

    private long walk() {
        var start = System.nanoTime();
        bytes = Trees.size(folder);
        var now = System.nanoTime();
        dueAt = now + Math.max(LEAST.toNanos(), SHARE * (now - start));
        return bytes;
    }

    /** As of the last walk; walks when there was none. */
    long bytes() {
        return bytes == 0 ? walk() : bytes;
    }
}
