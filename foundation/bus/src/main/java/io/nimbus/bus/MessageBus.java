package io.nimbus.bus;

import io.nimbus.subjects.RequestSubject;
import io.nimbus.subjects.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * Typed publish, subscribe and request over a lossy bus: a message may be lost, repeated, late or
 * reordered between publishers, and nothing is kept while the bus is away.
 *
 * <p>Handlers run on the bus's own threads, one per subscription (or per {@link Lane}): decode,
 * hand over, return. A handler that throws is logged and counted; a body that does not decode is
 * logged with its subject, counted and dropped, and never reaches the handler.
 */
public interface MessageBus extends AutoCloseable {

    /**
     * Sends the message to whoever listens now.
     *
     * @return false when the bus is away: the message is <em>not</em> kept, since a start or stop
     *     that arrives minutes late does harm. Who must not lose it says it again
     */
    <T> boolean publish(Subject<T> subject, T message);

    /** Every subscriber hears every message. */
    <T> Subscription subscribe(Subject<T> subject, Consumer<T> handler);

    /** One member of the queue group hears each message. */
    <T> Subscription subscribe(Subject<T> subject, String queue, Consumer<T> handler);

    /** Subscriptions whose messages are handled by one thread in the order of their arrival. */
    Lane lane(String name);

    /** Hears requests and may answer each, none or many times, now or later. */
    <Q, R> Subscription answer(RequestSubject<Q, R> subject, Responder<Q, R> responder);

    /** As {@link #answer}, one member of the queue group hears each request. */
    <Q, R> Subscription answer(
            RequestSubject<Q, R> subject, String queue, Responder<Q, R> responder);

    /**
     * Asks and hands each reply to the handler, until there were {@code limit} replies, the time is
     * over, nobody listens, or the returned subscription is closed. {@link ReplyHandler#end} is
     * called once, last.
     */
    <Q, R> Subscription request(
            RequestSubject<Q, R> subject,
            Q request,
            int limit,
            Duration timeout,
            ReplyHandler<R> handler);

    /**
     * Asks and waits: the replies that came until there were {@code limit} of them, the time was
     * over, or it was clear that nobody listens. Blocks the caller; not for handlers.
     */
    <Q, R> List<R> gather(RequestSubject<Q, R> subject, Q request, int limit, Duration timeout);

    boolean isConnected();

    /**
     * Runs each time the bus is there (again); at once if it is there now. Subscriptions are
     * restored before.
     */
    void onConnect(Runnable listener);

    /** A key-value bucket on the server, made when it is first used. */
    KeyValueBucket bucket(BucketSpec spec);

    /**
     * Reads a stored stream from its oldest message on and then goes on with what arrives, in
     * order, across reconnects without a gap or a repetition. The stream is made, or changed to the
     * spec, when the bus is there.
     */
    <T> Subscription follow(StreamSpec spec, Subject<T> filter, StreamHandler<T> handler);

    Statistics statistics();

    /** Handles what has arrived, sends what was published, and leaves. */
    @Override
    void close();

    /** Ends a subscription; nothing is delivered to the handler once this has returned. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** Subscriptions that share a thread. */
    interface Lane extends AutoCloseable {
        <T> Subscription subscribe(Subject<T> subject, Consumer<T> handler);

        /** As {@link MessageBus#answer}. */
        <Q, R> Subscription answer(RequestSubject<Q, R> subject, Responder<Q, R> responder);

        @Override
        void close();
    }

    interface Responder<Q, R> {
        void request(Q request, Replier<R> replier);
    }

    interface Replier<R> {
        /** False when the reply could not be sent; who asked has given up by then or will. */
        boolean reply(R reply);
    }

    interface ReplyHandler<R> {
        void reply(R reply);

        default void end(End reason) {}
    }

    /** Why a request ended. */
    enum End {
        ENOUGH,
        TIMEOUT,
        /** No subscriber: known at once. */
        NOBODY,
        /** The bus is away. */
        DISCONNECTED,
        CLOSED
    }

    interface StreamHandler<T> {
        /**
         * @param subject where it was published
         * @param sequence the message's place in the stream
         * @param stored when the server took it in, by its clock: the same for every reader
         */
        void message(String subject, long sequence, Instant stored, T message);
    }

    /**
     * @param malformed bodies that did not decode, dropped
     * @param failures exceptions out of handlers
     * @param unsent messages refused because the bus was away
     */
    record Statistics(long received, long sent, long malformed, long failures, long unsent) {}
}
