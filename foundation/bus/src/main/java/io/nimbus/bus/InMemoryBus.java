package io.nimbus.bus;

import io.nimbus.subjects.MalformedMessageException;
import io.nimbus.subjects.RequestSubject;
import io.nimbus.subjects.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bus within one thread, on virtual time. Messages cross as bytes, so that what is lost in
 * encoding is lost here too; {@link Faults} may drop, delay or repeat each delivery. One {@link
 * #connect} per participant, so that each can be cut off by itself.
 */
public final class InMemoryBus {
    private static final Logger log = LoggerFactory.getLogger(InMemoryBus.class);

    private final Timers time;
    private final RandomGenerator random;
    private final List<Listener> listeners = new ArrayList<>();
    private final Map<String, Bucket> buckets = new HashMap<>();
    private final Map<String, List<Stored>> streams = new LinkedHashMap<>();
    private final Map<String, StreamSpec> streamSpecs = new LinkedHashMap<>();
    private Faults faults = Faults.NONE;
    private long inboxes;

    public InMemoryBus(Timers time, RandomGenerator random) {
        this.time = time;
        this.random = random;
    }

    /** From now on, until changed. */
    public void faults(Faults faults) {
        this.faults = faults;
    }

    public Endpoint connect(String name) {
        return new Endpoint(name);
    }

    /** What happens to one delivery: after which delays it arrives. None: lost. Two: repeated. */
    public interface Faults {
        Faults NONE = (sender, receiver, subject) -> List.of(Duration.ZERO);

        List<Duration> deliveries(String sender, String receiver, String subject);
    }

    private void send(Endpoint sender, String subject, byte[] body, @Nullable String replyTo) {
        streamSpecs.values().stream()
                .filter(spec -> spec.subjects().stream().anyMatch(s -> matches(s, subject)))
                .forEach(spec -> store(spec, subject, body));
        var receivers = new ArrayList<Listener>();
        var groups = new LinkedHashMap<String, List<Listener>>();
        for (var listener : listeners) {
            if (listener.owner.connected && matches(listener.subject, subject)) {
                if (listener.queue == null) {
                    receivers.add(listener);
                } else {
                    groups.computeIfAbsent(
                                    listener.subject + " " + listener.queue, g -> new ArrayList<>())
                            .add(listener);
                }
            }
        }
        groups.values().forEach(group -> receivers.add(group.get(random.nextInt(group.size()))));
        for (var receiver : receivers) {
            for (var delay : faults.deliveries(sender.name, receiver.owner.name, subject)) {
                time.after(delay, () -> receiver.deliver(subject, body, replyTo));
            }
        }
    }

    private boolean anybodyHears(String subject) {
        return listeners.stream().anyMatch(l -> l.owner.connected && matches(l.subject, subject));
    }

    private void store(StreamSpec spec, String subject, byte[] body) {
        var stored = streams.computeIfAbsent(spec.name(), n -> new ArrayList<>());
        var sequence = stored.isEmpty() ? 1 : stored.getLast().sequence() + 1;
        var message = new Stored(subject, sequence, time.instant(), body);
        stored.add(message);
        while (stored.stream().filter(s -> s.subject().equals(subject)).count()
                > spec.perSubject()) {
            stored.remove(
                    stored.stream()
                            .filter(s -> s.subject().equals(subject))
                            .findFirst()
                            .orElseThrow());
        }
    }

    /** NATS's own rule: {@code *} is one token, {@code >} the rest. */
    static boolean matches(String pattern, String subject) {
        var p = pattern.split("\\.", -1);
        var s = subject.split("\\.", -1);
        for (int i = 0; i < p.length; i++) {
            if (p[i].equals(">")) {
                return s.length > i;
            }
            if (i >= s.length || !(p[i].equals("*") || p[i].equals(s[i]))) {
                return false;
            }
        }
        return p.length == s.length;
    }

    private record Stored(String subject, long sequence, Instant at, byte[] body) {}

    private final class Listener implements MessageBus.Subscription {
        final Endpoint owner;
        final String subject;
        final @Nullable String queue;
        final Receiver receiver;
        boolean closed;

        Listener(Endpoint owner, String subject, @Nullable String queue, Receiver receiver) {
            this.owner = owner;
            this.subject = subject;
            this.queue = queue;
            this.receiver = receiver;
            listeners.add(this);
        }

        void deliver(String on, byte[] body, @Nullable String replyTo) {
            if (closed || !owner.connected) {
                return;
            }
            owner.received++;
            try {
                receiver.receive(body, replyTo);
            } catch (MalformedMessageException e) {
                owner.malformed++;
                log.warn("dropped: {}", e.getMessage());
            } catch (RuntimeException e) {
                owner.failures++;
                log.error("the handler of {} failed", on, e);
            }
        }

        @Override
        public void close() {
            closed = true;
            listeners.remove(this);
        }
    }

    private interface Receiver {
        void receive(byte[] body, @Nullable String replyTo) throws MalformedMessageException;
    }

    /** One participant's view of the bus. */
    public final class Endpoint implements MessageBus {
        private final String name;
        private final List<Runnable> onConnect = new ArrayList<>();
        private boolean connected = true;
        private long received;
        private long sent;
        private long malformed;
        private long failures;
        private long unsent;

        private Endpoint(String name) {
            this.name = name;
        }

        /** Cuts this participant off: it hears and says nothing, and nothing is kept for it. */
        public void disconnect() {
            connected = false;
        }

        public void reconnect() {
            if (!connected) {
                connected = true;
                onConnect.forEach(Runnable::run);
            }
        }

        /** Puts raw bytes on the bus, as a faulty peer would. */
        public void publishRaw(String subject, byte[] body) {
            send(this, subject, body, null);
        }

        @Override
        public <T> boolean publish(Subject<T> subject, T message) {
            if (!connected) {
                unsent++;
                return false;
            }
            sent++;
            send(this, subject.name(), subject.encode(message), null);
            return true;
        }

        @Override
        public <T> Subscription subscribe(Subject<T> subject, Consumer<T> handler) {
            return new Listener(
                    this,
                    subject.name(),
                    null,
                    (body, reply) -> handler.accept(subject.decode(body)));
        }

        @Override
        public <T> Subscription subscribe(Subject<T> subject, String queue, Consumer<T> handler) {
            return new Listener(
                    this,
                    subject.name(),
                    queue,
                    (body, reply) -> handler.accept(subject.decode(body)));
        }

        @Override
        public Lane lane(String lane) {
            return new Lane() {
                private final List<Subscription> subscriptions = new ArrayList<>();

                @Override
                public <T> Subscription subscribe(Subject<T> subject, Consumer<T> handler) {
                    var subscription = Endpoint.this.subscribe(subject, handler);
                    subscriptions.add(subscription);
                    return subscription;
                }

                @Override
                public <Q, R> Subscription answer(
                        RequestSubject<Q, R> subject, Responder<Q, R> responder) {
                    var subscription = Endpoint.this.answer(subject, responder);
                    subscriptions.add(subscription);
                    return subscription;
                }

                @Override
                public void close() {
                    subscriptions.forEach(Subscription::close);
                }
            };
        }

        @Override
        public <Q, R> Subscription answer(RequestSubject<Q, R> subject, Responder<Q, R> responder) {
            return answering(subject, null, responder);
        }

        @Override
        public <Q, R> Subscription answer(
                RequestSubject<Q, R> subject, String queue, Responder<Q, R> responder) {
            return answering(subject, queue, responder);
        }

        private <Q, R> Subscription answering(
                RequestSubject<Q, R> subject, @Nullable String queue, Responder<Q, R> responder) {
            return new Listener(
                    this,
                    subject.name(),
                    queue,
                    (body, replyTo) -> {
                        if (replyTo != null) {
                            responder.request(
                                    subject.request().decode(body),
                                    reply -> {
                                        if (connected) {
                                            sent++;
                                            send(this, replyTo, subject.encodeReply(reply), null);
                                        }
                                        return connected;
                                    });
                        }
                    });
        }

        @Override
        public <Q, R> Subscription request(
                RequestSubject<Q, R> subject,
                Q request,
                int limit,
                Duration timeout,
                ReplyHandler<R> handler) {
            if (!connected || !anybodyHears(subject.name())) {
                handler.end(connected ? End.NOBODY : End.DISCONNECTED);
                return () -> {};
            }
            var inbox = "_INBOX." + inboxes++;
            var asking =
                    new Object() {
                        int replies;
                        boolean ended;
                        @Nullable Listener listener;

                        void end(End reason) {
                            if (!ended && listener != null) {
                                ended = true;
                                listener.close();
                                handler.end(reason);
                            }
                        }
                    };
            asking.listener =
                    new Listener(
                            this,
                            inbox,
                            null,
                            (body, replyTo) -> {
                                handler.reply(subject.decodeReply(body));
                                if (++asking.replies == limit) {
                                    asking.end(End.ENOUGH);
                                }
                            });
            time.after(timeout, () -> asking.end(End.TIMEOUT));
            sent++;
            send(this, subject.name(), subject.request().encode(request), inbox);
            return () -> asking.end(End.CLOSED);
        }

        /** What answers at once; virtual time cannot be waited for. */
        @Override
        public <Q, R> List<R> gather(
                RequestSubject<Q, R> subject, Q request, int limit, Duration timeout) {
            var replies = new ArrayList<R>();
            try (var asking = request(subject, request, limit, timeout, replies::add)) {
                if (time instanceof VirtualTime virtual) {
                    virtual.settle();
                }
            }
            return List.copyOf(replies);
        }

        @Override
        public boolean isConnected() {
            return connected;
        }

        @Override
        public void onConnect(Runnable listener) {
            onConnect.add(listener);
            if (connected) {
                listener.run();
            }
        }

        @Override
        public KeyValueBucket bucket(BucketSpec spec) {
            var bucket = buckets.computeIfAbsent(spec.name(), n -> new Bucket(spec));
            return new BucketView(this, bucket);
        }

        @Override
        public <T> Subscription follow(
                StreamSpec spec, Subject<T> filter, StreamHandler<T> handler) {
            streamSpecs.put(spec.name(), spec);
            for (var stored :
                    List.copyOf(streams.computeIfAbsent(spec.name(), n -> new ArrayList<>()))) {
                if (matches(filter.name(), stored.subject())) {
                    try {
                        handler.message(
                                stored.subject(),
                                stored.sequence(),
                                stored.at(),
                                filter.decode(stored.body()));
                    } catch (MalformedMessageException e) {
                        malformed++;
                    }
                }
            }
            var stored = streams.get(spec.name());
            var next =
                    new long[] {
                        stored == null || stored.isEmpty() ? 1 : stored.getLast().sequence() + 1
                    };
            return new Listener(
                    this,
                    filter.name(),
                    null,
                    (body, reply) -> {
                        var now = streams.getOrDefault(spec.name(), List.of());
                        for (var message : List.copyOf(now)) {
                            if (message.sequence() >= next[0]
                                    && matches(filter.name(), message.subject())) {
                                next[0] = message.sequence() + 1;
                                handler.message(
                                        message.subject(),
                                        message.sequence(),
                                        message.at(),
                                        filter.decode(message.body()));
                            }
                        }
                    });
        }

        @Override
        public Statistics statistics() {
            return new Statistics(received, sent, malformed, failures, unsent);
        }

        @Override
        public void close() {
            connected = false;
            List.copyOf(listeners).stream().filter(l -> l.owner == this).forEach(Listener::close);
        }
    }

    private static final class Bucket {
        final BucketSpec spec;
        final Map<String, Value> values = new LinkedHashMap<>();
        long revision;

        Bucket(BucketSpec spec) {
            this.spec = spec;
        }
    }

    private record Value(byte[] bytes, long revision, Instant written) {}

    private final class BucketView implements KeyValueBucket {
        private final Endpoint endpoint;
        private final Bucket bucket;

        BucketView(Endpoint endpoint, Bucket bucket) {
            this.endpoint = endpoint;
            this.bucket = bucket;
        }

        private Map<String, Value> values() {
            if (!endpoint.connected) {
                throw new BusUnavailableException("the bus is away");
            }
            var ttl = bucket.spec.ttl();
            if (!ttl.isZero()) {
                bucket.values
                        .values()
                        .removeIf(v -> !v.written().plus(ttl).isAfter(time.instant()));
            }
            return bucket.values;
        }

        @Override
        public Optional<Entry> get(String key) {
            return Optional.ofNullable(values().get(key))
                    .map(v -> new Entry(v.bytes().clone(), v.revision()));
        }

        @Override
        public long put(String key, byte[] value) {
            values().put(key, new Value(value.clone(), ++bucket.revision, time.instant()));
            return bucket.revision;
        }

        @Override
        public OptionalLong create(String key, byte[] value) {
            return values().containsKey(key)
                    ? OptionalLong.empty()
                    : OptionalLong.of(put(key, value));
        }

        @Override
        public OptionalLong update(String key, byte[] value, long revision) {
            var current = values().get(key);
            return current == null || current.revision() != revision
                    ? OptionalLong.empty()
                    : OptionalLong.of(put(key, value));
        }

        @Override
        public void delete(String key) {
            values().remove(key);
        }

        @Override
        public List<String> keys() {
            return List.copyOf(values().keySet());
        }
    }
}
