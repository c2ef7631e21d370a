package io.nimbus.router.log;

import io.nimbus.bus.LogEmitter;
import io.nimbus.component.Component;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.log.Log;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the loops' lines to where they are wanted. A disk that is full or gone is said once and
 * tried on; meanwhile lines are lost, requests are not held up. (The original makes them wait.)
 */
public final class AccessLog implements Component {
    private static final Logger log = LoggerFactory.getLogger(AccessLog.class);

    private final LinkedBlockingQueue<LogBlock> full = new LinkedBlockingQueue<>();
    private final LogEmitter apps;
    private final String instance;
    private final LogBlock end = new LogBlock(new LogLane(this), 0);
    private final LogBlock reopen = new LogBlock(new LogLane(this), 0);
    private volatile AccessLogConfig config;
    private volatile @Nullable String fault;
    private @Nullable FileChannel file;
    private @Nullable Path opened;
    private @Nullable Syslog syslog;
    private @Nullable Thread writer;

    /**
     * @param instance the router's index, by which its lines are told from another router's
     */
    public AccessLog(AccessLogConfig config, LogEmitter apps, String instance) {
        this.config = config;
        this.apps = apps;
        this.instance = instance;
    }

    public AccessLogConfig config() {
        return config;
    }

    /** Takes effect with the next block; also opens the file anew, for who rotates it. */
    public void apply(AccessLogConfig changed) {
        config = changed;
        full.add(reopen);
    }

    public LogLane lane() {
        return new LogLane(this);
    }

    void take(LogBlock block) {
        full.add(block);
    }

    /** Why lines are lost at present, or null. */
    public @Nullable String fault() {
        return fault;
    }

    @Override
    public void start() {
        open();
        writer = Thread.ofPlatform().name("access-log").daemon().start(this::run);
    }

    private void run() {
        try {
            while (true) {
                var block = full.take();
                if (block == end) {
                    return;
                }
                if (block == reopen) {
                    open();
                    continue;
                }
                try {
                    write(block);
                } finally {
                    block.lane.recycle(block);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(LogBlock block) {
        var current = config;
        if (current.file() != null && file == null) {
            open();
        }
        writeFile(block);
        for (int i = 0; i < block.lines; i++) {
            var app = block.app[i];
            if (app != null && isToken(app)) {
                apps.emit(
                        app,
                        Logs.ROUTER,
                        instance,
                        Log.Type.OUT,
                        Instant.ofEpochSecond(
                                block.time[i] / 1_000_000_000L, block.time[i] % 1_000_000_000L),
                        Arrays.copyOfRange(block.bytes, block.start[i], block.end[i]));
            }
            if (syslog != null && block.file[i]) {
                syslog.send(block.bytes, block.start[i], block.end[i], block.time[i]);
            }
        }
    }

    /** Whether it can stand in a subject; what cannot has no stream. */
    private static boolean isToken(String app) {
        if (app.isEmpty()) {
            return false;
        }
        for (int i = 0; i < app.length(); i++) {
            char c = app.charAt(i);
            if (c <= ' ' || c > '~' || c == '.' || c == '*' || c == '>') {
                return false;
            }
        }
        return true;
    }

    private void writeFile(LogBlock block) {
        var channel = file;
        if (channel == null) {
            return;
        }
        try {
            int from = -1;
            // Lines for the file mostly follow each other: they leave in one piece.
            for (int i = 0; i <= block.lines; i++) {
                boolean wanted = i < block.lines && block.file[i];
                if (wanted && from < 0) {
                    from = block.start[i];
                } else if (!wanted && from >= 0) {
                    var bytes = ByteBuffer.wrap(block.bytes, from, block.end[i - 1] + 1 - from);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    from = -1;
                }
            }
            fault = null;
        } catch (IOException e) {
            fail(e);
            close(channel);
            file = null;
        }
    }

    private void open() {
        var current = config;
        var before = file;
        if (before != null) {
            close(before);
            file = null;
        }
        var path = current.file();
        if (path != null) {
            try {
                var parent = path.toAbsolutePath().getParent();
                if (parent != null) {
                    java.nio.file.Files.createDirectories(parent);
                }
                file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                if (!path.equals(opened)) {
                    log.info("access log in {}", path);
                    opened = path;
                }
                fault = null;
            } catch (IOException e) {
                fail(e);
            }
        }
        var target = current.syslog();
        if (syslog != null && !syslog.isTo(target)) {
            syslog.close();
            syslog = null;
        }
        if (target != null && syslog == null) {
            syslog = new Syslog(target);
        }
    }

    private void fail(IOException e) {
        if (fault == null) {
            log.error("the access log cannot be written: {}", e.toString());
        }
        fault = "the access log cannot be written: " + e;
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("closing the access log", e);
        }
    }

    @Override
    public void close() {
        full.add(end);
        var running = writer;
        if (running != null) {
            try {
                running.join(5000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (file != null) {
            close(file);
        }
        if (syslog != null) {
            syslog.close();
        }
    }
}
