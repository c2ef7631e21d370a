package io.nimbus.loggregator.doppler;

import io.nimbus.bus.Timers;
import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.cache.SourceLog;
import io.nimbus.subjects.log.Envelope;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client that listens. Envelopes wait in a queue of bounded size for a virtual thread that
 * writes them one by one; who does not take them in time is cut, so that memory never grows with a
 * slow reader.
 *
 * <p>One lock guards the queue and the state.
 */
public final class LogSocket implements Session.Listener.AutoDemanding, SourceLog.Listener {
    private static final Logger log = LoggerFactory.getLogger(LogSocket.class);
    private static final int GOING_AWAY = 1001;

    /** The upgrade's answer takes no longer to leave, or never will. */
    private static final Duration OPENING = Duration.ofSeconds(10);

    private static final int POLICY_VIOLATION = 1008;

    private final DopplerSettings settings;
    private final Timers timers;
    private final Function<LogSocket, LogCache.Listening> listen;
    private final Runnable onEnd;
    private final ArrayDeque<Envelope> queue = new ArrayDeque<>();
    private final CompletableFuture<@Nullable Void> told = new CompletableFuture<>();
    private long bytes;
    private boolean ended;
    private Timers.@Nullable Task pongDue;
    private @Nullable Session session;
    private LogCache.@Nullable Listening listening;

    /**
     * @param listen makes it hear what it is for
     * @param onEnd runs once when the client is gone
     */
    LogSocket(
            DopplerSettings settings,
            Timers timers,
            Function<LogSocket, LogCache.Listening> listen,
            Runnable onEnd) {
        this.settings = settings;
        this.timers = timers;
        this.listen = listen;
        this.onEnd = onEnd;
    }

    /**
     * Hears from now on, before the client is told that it is connected: what is said right after
     * that it must not miss.
     */
    void listen() {
        // Not under the lock: what it hears comes with the source's lock held.
        var heard = listen.apply(this);
        synchronized (this) {
            listening = heard;
        }
        timers.after(OPENING, this::endIfNotOpen);
    }

    private void endIfNotOpen() {
        boolean open;
        synchronized (this) {
            open = session != null;
        }
        if (!open) {
            end(GOING_AWAY, "never opened", false);
        }
    }

    @Override
    public void onWebSocketOpen(Session opened) {
        // Pings keep it alive, or tell that it is dead.
        opened.setIdleTimeout(settings.pong().plus(settings.rest()).multipliedBy(2));
        boolean late;
        synchronized (this) {
            late = ended;
            session = opened;
        }
        if (late) {
            tell(opened, GOING_AWAY, "the server stops");
            return;
        }
        Thread.ofVirtual().name("log-socket").start(() -> write(opened));
        ping();
    }

    /** Never blocks. */
    @Override
    public synchronized void envelope(Envelope envelope) {
        if (ended) {
            return;
        }
        bytes += envelope.getSerializedSize();
        queue.add(envelope);
        if (queue.size() > settings.envelopes() || bytes > settings.bytes()) {
            log.info("a client is cut: it reads more slowly than its app writes");
            end(POLICY_VIOLATION, "too slow", true);
            return;
        }
        notifyAll();
    }

    private void write(Session to) {
        try {
            for (var next = take(); next != null; next = take()) {
                for (var envelope : Dropsonde.of(next)) {
                    send(to, envelope.toByteArray());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            log.debug("a client is gone", e);
            end(GOING_AWAY, "gone", true);
        } catch (TimeoutException e) {
            log.info("a client is cut: it did not take a message within {}", settings.write());
            end(POLICY_VIOLATION, "too slow", true);
        }
    }

    private synchronized @Nullable Envelope take() throws InterruptedException {
        while (queue.isEmpty() && !ended) {
            wait();
        }
        if (ended) {
            return null;
        }
        var next = queue.remove();
        bytes -= next.getSerializedSize();
        return next;
    }

    private void send(Session to, byte[] message)
            throws InterruptedException, ExecutionException, TimeoutException {
        var sent = new CompletableFuture<@Nullable Void>();
        to.sendBinary(
                ByteBuffer.wrap(message),
                Callback.from(() -> sent.complete(null), sent::completeExceptionally));
        sent.get(settings.write().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void ping() {
        Session to;
        synchronized (this) {
            to = session;
            if (ended || to == null) {
                return;
            }
            pongDue =
                    timers.after(
                            settings.pong(),
                            () -> end(POLICY_VIOLATION, "no answer to a ping", true));
        }
        to.sendPing(ByteBuffer.allocate(0), Callback.NOOP);
    }

    @Override
    public void onWebSocketPong(ByteBuffer payload) {
        synchronized (this) {
            if (pongDue == null) {
                return;
            }
            pongDue.cancel();
            pongDue = null;
        }
        timers.after(settings.rest(), this::ping);
    }

    @Override
    public void onWebSocketClose(int status, String reason, Callback callback) {
        end(status, reason, false);
        callback.succeed();
    }

    @Override
    public void onWebSocketError(Throwable cause) {
        log.debug("a client's connection failed: {}", cause.toString());
    }

    /**
     * The process stops.
     *
     * @return done when the client was told
     */
    CompletableFuture<@Nullable Void> goAway() {
        end(GOING_AWAY, "the server stops", false);
        return told;
    }

    /**
     * @param cut whether to drop the connection soon even if the other side does not close it: its
     *     buffers are full, a close frame may never leave
     */
    private void end(int status, String reason, boolean cut) {
        Session open;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            if (pongDue != null) {
                pongDue.cancel();
            }
            queue.clear();
            bytes = 0;
            if (listening != null) {
                listening.close();
            }
            open = session;
            notifyAll();
        }
        onEnd.run();
        // One that is just being opened is told as soon as it is.
        if (open != null) {
            tell(open, status, reason);
            if (cut) {
                timers.after(Duration.ofSeconds(1), open::disconnect);
            }
        }
    }

    private void tell(Session open, int status, String reason) {
        open.close(
                status,
                reason,
                Callback.from(() -> told.complete(null), failure -> told.complete(null)));
    }
}
