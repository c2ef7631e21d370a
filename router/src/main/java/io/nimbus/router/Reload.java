package io.nimbus.router;

import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the configuration's files every few seconds, and when told, and applies what changed. A
 * file with faults is named in the log, and everything stays as it is.
 */
final class Reload implements Component {
    private static final Logger log = LoggerFactory.getLogger(Reload.class);

    /** Reads the whole configuration anew. */
    interface Source {
        Config read() throws ConfigException;
    }

    private final Source source;
    private final Path file;
    private final Router router;
    private final Duration interval;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("reload").daemon().factory());
    private Map<Path, FileTime> seen = Map.of();

    Reload(Source source, Path file, Router router, Duration interval) {
        this.source = source;
        this.file = file;
        this.router = router;
        this.interval = interval;
    }

    @Override
    public void start() {
        seen = look(router.config());
        var _ =
                thread.scheduleWithFixedDelay(
                        this::watch,
                        interval.toMillis(),
                        interval.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void watch() {
        if (!look(router.config()).equals(seen)) {
            reload();
        }
    }

    /** At once, whether anything has changed or not. */
    void now() {
        thread.execute(this::reload);
    }

    private void reload() {
        // Taken before reading: a change in between is seen the next time.
        seen = look(router.config());
        try {
            var config = source.read();
            var changed = config.complete(RouterConfig.read(config));
            var fixed = router.config().needsRestart(changed);
            router.apply(changed);
            seen = look(changed);
            log.info("configuration applied");
            if (!fixed.isEmpty()) {
                log.warn("not before a restart: {}", fixed);
            }
        } catch (ConfigException e) {
            e.faults().forEach(fault -> log.error("configuration not applied: {}", fault));
        } catch (UncheckedIOException e) {
            log.error("configuration not applied: {}", e.getMessage());
        } catch (RuntimeException e) {
            log.error("configuration not applied", e);
        }
    }

    private Map<Path, FileTime> look(RouterConfig config) {
        var times = new HashMap<Path, FileTime>();
        time(times, file);
        config.files().forEach(path -> time(times, path));
        return times;
    }

    private static void time(Map<Path, FileTime> times, Path path) {
        try {
            times.put(path, Files.getLastModifiedTime(path));
        } catch (IOException e) {
            // Gone, or just being replaced: that is a change, too.
            times.put(path, FileTime.fromMillis(0));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
