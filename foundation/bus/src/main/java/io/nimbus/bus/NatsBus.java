package io.nimbus.bus;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.MessageConsumer;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.OrderedConsumerConfiguration;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nimbus.subjects.MalformedMessageException;
import io.nimbus.subjects.RequestSubject;
import io.nimbus.subjects.Subject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bus over NATS. {@link #open} returns at once and connects for ever; until the server is there
 * the bus is {@link #isConnected() away}, and what was subscribed meanwhile takes effect when it
 * comes. Messages are never buffered for a server that is away: see {@link MessageBus#publish}.
 */
public final class NatsBus implements MessageBus {
    private static final Logger log = LoggerFactory.getLogger(NatsBus.class);
    private static final Duration RETRY = Duration.ofMillis(250);
    private static final Duration DRAIN = Duration.ofSeconds(5);

    private final NatsConfig config;
    private final Timers timers;
    private final List<Feed> feeds = new CopyOnWriteArrayList<>();
    private final List<Runnable> onConnect = new CopyOnWriteArrayList<>();
    private final AtomicBoolean lost = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final AtomicInteger connections = new AtomicInteger();
    private final Object connecting = new Object();
    private volatile @Nullable Connection connection;
    private volatile @Nullable Dispatcher replies;

    private NatsBus(NatsConfig config, Timers timers) {
        this.config = config;
        this.timers = timers;
    }

    public static NatsBus open(NatsConfig config, Timers timers) {
        var bus = new NatsBus(config, timers);
        Thread.ofVirtual().name("bus-connect").start(bus::connect);
        return bus;
    }

    private void connect() {
        var options =
                Options.builder()
                        .servers(config.servers().toArray(String[]::new))
                        .connectionName(config.name())
                        .userInfo(config.user(), config.password())
                        .inboxPrefix(config.inboxPrefix())
                        .maxReconnects(-1)
                        .reconnectWait(RETRY)
                        .reconnectJitter(Duration.ofMillis(100))
                        .connectionTimeout(Duration.ofSeconds(2))
                        .pingInterval(Duration.ofSeconds(20))
                        .reconnectBufferSize(0)
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .connectionListener(this::connectionChanged)
                        .errorListener(new Errors())
                        .build();
        var said = false;
        while (!closed.get()) {
            try {
                var made = Nats.connect(options);
                synchronized (connecting) {
                    replies = made.createDispatcher();
                    connection = made;
                    feeds.forEach(feed -> feed.attach(made));
                }
                log.info("connected to the bus at {}", made.getConnectedUrl());
                announce();
                return;
            } catch (IOException e) {
                if (!said) {
                    log.warn(
                            "the bus at {} is not there ({}); trying on",
                            config.servers(),
                            e.getMessage());
                    said = true;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (!pause(RETRY)) {
                return;
            }
        }
    }

    private void connectionChanged(Connection changed, ConnectionListener.Events event) {
        switch (event) {
            case DISCONNECTED -> {
                // Each attempt to come back that fails is an event, too.
                if (!closed.get() && !lost.getAndSet(true)) {
                    log.warn("lost the bus; trying on");
                }
            }
            case RECONNECTED, RESUBSCRIBED -> {
                if (event == ConnectionListener.Events.RESUBSCRIBED) {
                    lost.set(false);
                    log.info("the bus is back at {}", changed.getConnectedUrl());
                    announce();
                }
            }
            case CONNECTED, CLOSED, DISCOVERED_SERVERS, LAME_DUCK -> log.debug("bus: {}", event);
        }
    }

    private void announce() {
        connections.incrementAndGet();
        for (var listener : onConnect) {
            Thread.ofVirtual()
                    .name("bus-connected")
                    .start(() -> run("a listener of the connection", listener));
        }
    }

    @Override
    public <T> boolean publish(Subject<T> subject, T message) {
        return send(subject.name(), subject.encode(message));
    }

    private boolean send(String subject, byte[] body) {
        var current = connection;
        if (current == null || current.getStatus() != Connection.Status.CONNECTED) {
            unsent.increment();
            return false;
        }
        try {
            current.publish(subject, body);
            sent.increment();
            return true;
        } catch (IllegalStateException e) {
            log.debug("not published on {}: {}", subject, e.getMessage());
            unsent.increment();
            return false;
        }
    }

    @Override
    public <T> Subscription subscribe(Subject<T> subject, java.util.function.Consumer<T> handler) {
        var feed = new Feed();
        feed.add(
                subject.name(), null, message -> handler.accept(subject.decode(message.getData())));
        return start(feed);
    }

    @Override
    public <T> Subscription subscribe(
            Subject<T> subject, String queue, java.util.function.Consumer<T> handler) {
        var feed = new Feed();
        feed.add(
                subject.name(),
                queue,
                message -> handler.accept(subject.decode(message.getData())));
        return start(feed);
    }

    @Override
    public Lane lane(String name) {
        var feed = new Feed();
        start(feed);
        return new Lane() {
            @Override
            public <T> Subscription subscribe(
                    Subject<T> subject, java.util.function.Consumer<T> handler) {
                return add(
                        subject.name(),
                        message -> handler.accept(subject.decode(message.getData())));
            }

            @Override
            public <Q, R> Subscription answer(
                    RequestSubject<Q, R> subject, Responder<Q, R> responder) {
                return add(subject.name(), answering(subject, responder));
            }

            private Subscription add(String subject, Handler handler) {
                synchronized (connecting) {
                    var one = feed.add(subject, null, handler);
                    var current = connection;
                    if (current != null) {
                        feed.attach(current);
                    }
                    return () -> feed.remove(one);
                }
            }

            @Override
            public void close() {
                feed.close();
            }
        };
    }

    @Override
    public <Q, R> Subscription answer(RequestSubject<Q, R> subject, Responder<Q, R> responder) {
        return answer(subject.name(), null, answering(subject, responder));
    }

    @Override
    public <Q, R> Subscription answer(
            RequestSubject<Q, R> subject, String queue, Responder<Q, R> responder) {
        return answer(subject.name(), queue, answering(subject, responder));
    }

    private Subscription answer(String subject, @Nullable String queue, Handler handler) {
        var feed = new Feed();
        feed.add(subject, queue, handler);
        return start(feed);
    }

    private <Q, R> Handler answering(RequestSubject<Q, R> subject, Responder<Q, R> responder) {
        return message -> {
            var replyTo = message.getReplyTo();
            if (replyTo != null) {
                responder.request(
                        subject.request().decode(message.getData()),
                        reply -> send(replyTo, subject.encodeReply(reply)));
            }
        };
    }

    private Subscription start(Feed feed) {
        synchronized (connecting) {
            feeds.add(feed);
            var current = connection;
            if (current != null) {
                feed.attach(current);
            }
        }
        return feed;
    }

    @Override
    public <Q, R> Subscription request(
            RequestSubject<Q, R> subject,
            Q request,
            int limit,
            Duration timeout,
            ReplyHandler<R> handler) {
        var current = connection;
        var dispatcher = replies;
        if (current == null
                || dispatcher == null
                || current.getStatus() != Connection.Status.CONNECTED) {
            unsent.increment();
            handler.end(End.DISCONNECTED);
            return () -> {};
        }
        var asking = new Asking<>(subject, limit, handler, dispatcher);
        var inbox = current.createInbox();
        asking.start(inbox, timers.after(timeout, () -> asking.end(End.TIMEOUT)));
        try {
            current.publish(subject.name(), inbox, subject.request().encode(request));
            sent.increment();
        } catch (IllegalStateException e) {
            log.debug("not asked on {}: {}", subject.name(), e.getMessage());
            unsent.increment();
            asking.end(End.DISCONNECTED);
        }
        return () -> asking.end(End.CLOSED);
    }

    @Override
    public <Q, R> List<R> gather(
            RequestSubject<Q, R> subject, Q request, int limit, Duration timeout) {
        var gathered = new ArrayList<R>();
        var done = new CountDownLatch(1);
        var handler =
                new ReplyHandler<R>() {
                    @Override
                    public void reply(R reply) {
                        synchronized (gathered) {
                            gathered.add(reply);
                        }
                    }

                    @Override
                    public void end(End reason) {
                        done.countDown();
                    }
                };
        try (var asking = request(subject, request, limit, timeout, handler)) {
            // The timer ends the wait; the margin is for a machine that is late.
            if (!done.await(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS)) {
                log.debug("no end to the request on {}", subject.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (gathered) {
            return List.copyOf(gathered);
        }
    }

    @Override
    public boolean isConnected() {
        var current = connection;
        return current != null && current.getStatus() == Connection.Status.CONNECTED;
    }

    @Override
    public void onConnect(Runnable listener) {
        onConnect.add(listener);
        if (isConnected()) {
            run("a listener of the connection", listener);
        }
    }

    @Override
    public KeyValueBucket bucket(BucketSpec spec) {
        return new NatsBucket(spec, this::connected);
    }

    /**
     * @throws BusUnavailableException when the server is away
     */
    private Connection connected() {
        var current = connection;
        if (current == null || current.getStatus() != Connection.Status.CONNECTED) {
            throw new BusUnavailableException("the bus is away");
        }
        return current;
    }

    @Override
    public <T> Subscription follow(StreamSpec spec, Subject<T> filter, StreamHandler<T> handler) {
        var following = new Following<>(spec, filter, handler);
        Thread.ofVirtual().name("follow-" + spec.name()).start(following::run);
        return following;
    }

    @Override
    public Statistics statistics() {
        return new Statistics(
                received.sum(), sent.sum(), malformed.sum(), failures.sum(), unsent.sum());
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        var current = connection;
        if (current != null) {
            try {
                if (current.getStatus() == Connection.Status.CONNECTED) {
                    current.drain(DRAIN).get(DRAIN.toMillis() + 1000, TimeUnit.MILLISECONDS);
                }
                current.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                log.debug("the bus did not drain", e);
            }
        }
    }

    private void handle(String subject, Message message, Handler handler) {
        received.increment();
        try {
            handler.handle(message);
        } catch (MalformedMessageException e) {
            malformed.increment();
            log.warn("dropped: {}", e.getMessage());
        } catch (RuntimeException e) {
            failures.increment();
            log.error("the handler of {} failed", subject, e);
        }
    }

    private void run(String what, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            failures.increment();
            log.error("{} failed", what, e);
        }
    }

    private static boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private interface Handler {
        void handle(Message message) throws MalformedMessageException;
    }

    /**
     * Subscriptions of one dispatcher, that is of one thread; the library restores them after a
     * reconnect.
     */
    private final class Feed implements Subscription {
        private final List<One> ones = new ArrayList<>();
        private @Nullable Dispatcher dispatcher;
        private boolean ended;

        synchronized One add(String subject, @Nullable String queue, Handler handler) {
            var one = new One(subject, queue, handler);
            ones.add(one);
            return one;
        }

        synchronized void attach(Connection to) {
            if (ended) {
                return;
            }
            var mine = dispatcher == null ? to.createDispatcher() : dispatcher;
            dispatcher = mine;
            for (var one : ones) {
                if (one.subscription == null) {
                    one.subscription =
                            one.queue == null
                                    ? mine.subscribe(
                                            one.subject, m -> handle(one.subject, m, one.handler))
                                    : mine.subscribe(
                                            one.subject,
                                            one.queue,
                                            m -> handle(one.subject, m, one.handler));
                }
            }
        }

        synchronized void remove(One one) {
            ones.remove(one);
            if (dispatcher != null && one.subscription != null && dispatcher.isActive()) {
                dispatcher.unsubscribe(one.subscription);
            }
        }

        @Override
        public synchronized void close() {
            ended = true;
            feeds.remove(this);
            var current = connection;
            if (dispatcher != null && current != null && dispatcher.isActive()) {
                current.closeDispatcher(dispatcher);
            }
        }
    }

    private static final class One {
        final String subject;
        final @Nullable String queue;
        final Handler handler;
        io.nats.client.@Nullable Subscription subscription;

        One(String subject, @Nullable String queue, Handler handler) {
            this.subject = subject;
            this.queue = queue;
            this.handler = handler;
        }
    }

    /** One request in flight. */
    private final class Asking<Q, R> {
        private final RequestSubject<Q, R> subject;
        private final int limit;
        private final ReplyHandler<R> handler;
        private final Dispatcher dispatcher;
        private final AtomicInteger count = new AtomicInteger();
        private final AtomicBoolean ended = new AtomicBoolean();
        private io.nats.client.@Nullable Subscription subscription;
        private Timers.@Nullable Task timeout;

        Asking(
                RequestSubject<Q, R> subject,
                int limit,
                ReplyHandler<R> handler,
                Dispatcher dispatcher) {
            this.subject = subject;
            this.limit = limit;
            this.handler = handler;
            this.dispatcher = dispatcher;
        }

        synchronized void start(String inbox, Timers.Task timer) {
            timeout = timer;
            subscription =
                    dispatcher.subscribe(
                            inbox, message -> NatsBus.this.handle(inbox, message, this::reply));
        }

        void reply(Message message) throws MalformedMessageException {
            if (ended.get()) {
                return;
            }
            if (message.isStatusMessage()) {
                // 503: the server knows that nobody listens.
                end(End.NOBODY);
                return;
            }
            handler.reply(subject.decodeReply(message.getData()));
            if (count.incrementAndGet() >= limit) {
                end(End.ENOUGH);
            }
        }

        void end(End reason) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            synchronized (this) {
                if (timeout != null) {
                    timeout.cancel();
                }
                if (subscription != null && dispatcher.isActive()) {
                    dispatcher.unsubscribe(subscription);
                }
            }
            NatsBus.this.run(
                    "the end of a request on " + subject.name(), () -> handler.end(reason));
        }
    }

    /** A reader of a stream; started again by itself after whatever ends it. */
    private final class Following<T> implements Subscription {
        private final StreamSpec spec;
        private final Subject<T> filter;
        private final StreamHandler<T> handler;
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile @Nullable MessageConsumer consumer;
        private long next = 1;

        Following(StreamSpec spec, Subject<T> filter, StreamHandler<T> handler) {
            this.spec = spec;
            this.filter = filter;
            this.handler = handler;
        }

        void run() {
            var said = false;
            while (!ended.get() && !closed.get()) {
                try {
                    read(connected());
                    said = false;
                } catch (BusUnavailableException e) {
                    log.debug("stream {} waits for the bus", spec.name());
                } catch (IOException | JetStreamApiException e) {
                    if (!said) {
                        log.warn(
                                "stream {} cannot be read ({}); trying on",
                                spec.name(),
                                e.getMessage());
                        said = true;
                    }
                }
                if (!pause(RETRY)) {
                    return;
                }
            }
        }

        private void read(Connection on) throws IOException, JetStreamApiException {
            var connectedAt = connections.get();
            ensureStream(on);
            var configuration = new OrderedConsumerConfiguration().filterSubject(filter.name());
            if (next > 1) {
                configuration.startSequence(next);
                configuration.deliverPolicy(io.nats.client.api.DeliverPolicy.ByStartSequence);
            }
            var ordered = on.getStreamContext(spec.name()).createOrderedConsumer(configuration);
            var reading =
                    ordered.consume(
                            message -> NatsBus.this.handle(filter.name(), message, this::message));
            consumer = reading;
            // A new connection may be to a server that was restarted and forgot its consumers:
            // begin anew, where we
            // stopped. Within a connection the ordered consumer repairs itself.
            while (!ended.get()
                    && !closed.get()
                    && connections.get() == connectedAt
                    && !reading.isFinished()
                    && !reading.isStopped()) {
                if (!pause(RETRY)) {
                    return;
                }
            }
            reading.stop();
        }

        private void message(Message message) throws MalformedMessageException {
            var data = message.metaData();
            var sequence = data.streamSequence();
            if (sequence < next || ended.get()) {
                return;
            }
            next = sequence + 1;
            handler.message(
                    message.getSubject(),
                    sequence,
                    data.timestamp().toInstant(),
                    filter.decode(message.getData()));
        }

        private void ensureStream(Connection on) throws IOException, JetStreamApiException {
            var wanted =
                    StreamConfiguration.builder()
                            .name(spec.name())
                            .subjects(spec.subjects())
                            .maxMessagesPerSubject(spec.perSubject())
                            .maxBytes(spec.bytes())
                            .maxAge(spec.maxAge())
                            .discardPolicy(DiscardPolicy.Old)
                            .storageType(StorageType.File)
                            .build();
            var management = on.jetStreamManagement();
            var stream =
                    management.getStreamNames().contains(spec.name())
                            ? management.updateStream(wanted)
                            : management.addStream(wanted);
            if (stream.getStreamState().getLastSequence() < next - 1) {
                // Another stream than the one we have read: it counts from one again.
                next = 1;
            }
        }

        @Override
        public void close() {
            ended.set(true);
            var reading = consumer;
            if (reading != null) {
                reading.stop();
            }
        }
    }

    private static final class Errors implements ErrorListener {
        @Override
        public void errorOccurred(Connection conn, String error) {
            // A permission that a table forgot shows here and nowhere else.
            log.error("the bus says: {}", error);
        }

        @Override
        public void exceptionOccurred(Connection conn, Exception exp) {
            log.debug("bus connection: {}", exp.toString());
        }

        @Override
        public void slowConsumerDetected(Connection conn, Consumer consumer) {
            log.warn(
                    "messages are dropped: a handler is too slow ({} pending)",
                    consumer.getPendingMessageCount());
        }
    }
}
