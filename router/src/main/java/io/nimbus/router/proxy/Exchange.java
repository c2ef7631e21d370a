package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.nimbus.router.http.Field;
import io.nimbus.router.http.MalformedException;
import io.nimbus.router.http.Octets;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.http.TrailerLines;
import io.nimbus.router.log.AccessLogConfig;
import io.nimbus.router.metrics.Count;
import io.nimbus.router.metrics.InstanceMeter;
import io.nimbus.router.metrics.Traffic;
import io.nimbus.router.policy.Backend;
import io.nimbus.router.policy.Choice;
import io.nimbus.router.policy.Endpoint;
import io.nimbus.router.policy.Failure;
import io.nimbus.router.policy.Route;
import io.nimbus.router.service.Seal;
import io.nimbus.router.service.SealException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer: finds the route, tries endpoints until one answers, passes bodies
 * both ways at the pace of the slower side, counts and logs.
 *
 * <p>Until a backend is connected the request's body is held back, hardly more than what came with
 * the head; as long as none of it was passed on, another endpoint may be tried.
 */
final class Exchange implements Timer.Expiry {
    private static final Logger log = LoggerFactory.getLogger(Exchange.class);

    /** Bytes of a body kept while no backend is connected. */
    private static final int MOST_HELD = 64 * 1024;

    /** One lookup in so many is timed: the clock costs as much as the lookup. */
    private static final int LOOKUP_SAMPLE = 64;

    final Loop loop;
    final Settings settings;
    final Downstream client;
    final RequestHead request;
    final long started = System.nanoTime();
    final long idHigh;
    final long idLow;
    final @Nullable Trace trace;
    private final Proxy proxy;
    private final Timer timer = new Timer(this);

    private @Nullable Route route;
    private @Nullable Choice choice;
    private @Nullable Affinity affinity;
    private @Nullable Endpoint endpoint;
    private @Nullable Endpoint bound;
    private @Nullable Backend backend;
    private @Nullable Destination destination;
    private @Nullable Service service;
    private @Nullable Upstream upstream;
    private @Nullable Dial dial;
    private @Nullable InstanceMeter meter;
    private @Nullable Failure lastFailure;
    private String lastCause = "";

    private @Nullable ArrayDeque<ByteBuf> held;
    private int heldBytes;

    /** Counts the connections made use of, so that it is known when one has been replaced. */
    private int connections;

    /** Whether a route service has had the request already. */
    private boolean served;

    private int serviceAttempts;
    private boolean sending;

    /** Whether the connection broke while the request was written, and may still have an answer. */
    private boolean unsent;

    private boolean bodyOpen;
    private boolean bodyTouched;
    private boolean bodyAbandoned;
    private boolean awaitsContinue;
    private boolean continued;
    private boolean upgrading;
    private boolean tunnel;
    private boolean relieved;
    private boolean responseStarted;
    private boolean over;

    // For the log and the metrics.
    int status;
    long requestBytes;
    long responseBytes;
    String routerError = "";
    int failedAttempts;
    long failedNanos;
    long dnsNanos = -1;
    long dialNanos = -1;
    long tlsNanos = -1;
    private String localAddress = "";
    private long attemptStarted;
    private long backendStarted = -1;
    private long backendEnded = -1;

    Exchange(Loop loop, Downstream client, RequestHead request) {
        this.loop = loop;
        this.proxy = loop.proxy();
        this.settings = proxy.settings();
        this.client = client;
        this.request = request;
        var random = loop.random();
        long high = RequestIds.high(random.nextLong());
        long low = RequestIds.low(random.nextLong());
        this.trace = Trace.of(request, settings.tracing(), high, low, random);
        this.idHigh = trace == null ? high : trace.high();
        this.idLow = trace == null ? low : trace.low();
    }

    /** Decides what becomes of the request; may end the exchange at once. */
    void begin() {
        var traffic = loop.traffic();
        traffic.count(Count.TOTAL_REQUESTS);
        traffic.add(Traffic.Gauge.ACTIVE, 1);
        try {
            decide();
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    /** A fault in the router is the router's answer, not its end. */
    void fault(RuntimeException e) {
        log.error("a request failed in the router", e);
        if (over) {
            return;
        }
        if (responseStarted) {
            cut();
            return;
        }
        dropUpstream();
        answer(
                new LocalAnswer(
                        502,
                        LocalAnswer.reason(502),
                        java.util.List.of("X-Cf-RouterError", "unknown_failure"),
                        new byte[0],
                        true));
    }

    private void decide() {
        if (isHealthCheck()) {
            answer(proxy.healthAnswer());
            return;
        }
        if (request.host() < 0
                || request.host() == request.hostEnd()
                || Octets.same(
                        request.bytes(),
                        request.host(),
                        request.hostNameEnd(),
                        client.clientHost())) {
            reject(400, "empty_host", "Request had empty Host header", "public,max-age=2");
            return;
        }
        var target = InstanceTarget.of(request);
        if (target != null && target.isMalformed()) {
            reject(
                    400,
                    target.malformedError(),
                    "Invalid " + target.header() + " Header",
                    "no-cache, no-store");
            return;
        }
        var found = lookup();
        if (found == null) {
            if (target != null) {
                noSuchInstance(target);
            } else {
                unknownRoute();
            }
            return;
        }
        route = found;
        if (found.isEmpty()) {
            noEndpoints();
            return;
        }
        if (target != null) {
            bound = target.find(found);
            if (bound == null) {
                noSuchInstance(target);
                return;
            }
        }
        var limits = settings.limits();
        if (found.allFull(settings.backends().choice().maxConnections())) {
            loop.traffic().count(Count.BACKEND_EXHAUSTED_CONNS);
            error(
                    503,
                    "Connection Limit Reached",
                    "Requested route ('"
                            + request.hostText()
                            + "') has reached the connection limit.",
                    "");
            return;
        }
        if (request.length() >= limits.requestHeaderBytes()
                || (limits.requestHeaders() > 0 && request.count() > limits.requestHeaders())) {
            tooLarge(found);
            return;
        }
        if (request.nominatesFields()) {
            request.strikeNominated(settings.forwarding().keptFromConnection());
        }
        upgrading = request.upgrades();
        if (passesService(found)) {
            choice = new Choice(found, settings.backends().choice(), loop.random());
            affinity = Affinity.of(request, settings.stickiness());
            if (affinity != null && affinity.must() && bound == null) {
                bound = found.instance(affinity.instance());
                if (bound == null) {
                    giveUp();
                    return;
                }
            }
            attempt();
        }
    }

    /** False when the request was answered here, or has set out for the route's service. */
    private boolean passesService(Route found) {
        var rules = settings.services();
        var url = found.serviceUrl();
        var seal = rules.seal();
        if (url == null || url.isEmpty()) {
            return !rules.strict()
                    || !request.has(Field.X_CF_PROXY_SIGNATURE)
                    || isServed(found, seal, true);
        }
        if (seal == null) {
            error(502, "route_service_unsupported", "Support for route services is disabled.", "");
            return false;
        }
        if (upgrading) {
            error(
                    503,
                    "route_service_unsupported",
                    "Websocket requests are not supported for routes bound to Route Services.",
                    "");
            return false;
        }
        if (request.has(Field.X_CF_PROXY_SIGNATURE)) {
            served = isServed(found, seal, false);
            return served;
        }
        service = proxy.service(url);
        if (service == null) {
            error(500, "", "Route service request failed.", "");
        } else {
            attempt();
        }
        return false;
    }

    /**
     * Whether the request comes back from the route's service; answered here if it only says so.
     */
    private boolean isServed(Route found, @Nullable Seal seal, boolean strict) {
        try {
            if (seal == null) {
                throw new SealException(false, "there is no secret");
            }
            var signature = request.text(Field.X_CF_PROXY_SIGNATURE);
            var url =
                    seal.open(
                            signature == null ? "" : signature,
                            request.text(Field.X_CF_PROXY_METADATA),
                            Instant.ofEpochMilli(loop.epochNanos(started) / 1_000_000));
            if (!found.equals(lookup(url))) {
                throw new SealException(false, "it is for another route");
            }
            return true;
        } catch (SealException e) {
            var name = e.isExpired() ? "expired" : "invalid";
            error(
                    e.isExpired() ? 504 : strict ? 400 : 502,
                    strict ? name + "_route_service_signature" : "",
                    "Failed to validate Route Service Signature: " + e.getMessage(),
                    "");
            return false;
        }
    }

    private @Nullable Route lookup(String url) {
        int host = url.indexOf("://") + 3;
        int path = url.indexOf('/', host);
        path = path < 0 ? url.length() : path;
        int end = url.indexOf('?', path);
        return proxy.routes()
                .lookup(
                        url.getBytes(StandardCharsets.ISO_8859_1),
                        host,
                        path,
                        path,
                        end < 0 ? url.length() : end,
                        loop.probe());
    }

    private boolean isHealthCheck() {
        int agent = request.first(Field.USER_AGENT);
        return agent >= 0
                && settings.forwarding().healthUserAgent().length()
                        == request.valueEnd(agent) - request.value(agent)
                && request.valueText(agent).equals(settings.forwarding().healthUserAgent());
    }

    private @Nullable Route lookup() {
        boolean timed = (idLow & (LOOKUP_SAMPLE - 1)) == 0;
        long before = timed ? System.nanoTime() : 0;
        var found =
                proxy.routes()
                        .lookup(
                                request.bytes(),
                                request.host(),
                                request.hostNameEnd(),
                                request.path(),
                                request.pathEnd(),
                                loop.probe());
        if (timed) {
            loop.traffic().lookedUp(System.nanoTime() - before);
        }
        return found;
    }

    private void unknownRoute() {
        reject(
                404,
                "unknown_route",
                "Requested route ('" + request.hostText() + "') does not exist.",
                "no-cache, no-store");
    }

    private void noEndpoints() {
        if (settings.backends().emptyPool503()) {
            error(
                    503,
                    "no_endpoints",
                    "Requested route ('" + request.hostText() + "') has no available endpoints.",
                    "public,max-age=2");
        } else {
            unknownRoute();
        }
    }

    private void noSuchInstance(InstanceTarget target) {
        reject(400, "unknown_route", target.notThere(request.hostText()), "no-cache, no-store");
    }

    /** Logged with the endpoint that would have had it, as the original does. */
    private void tooLarge(Route found) {
        endpoint =
                new Choice(found, settings.backends().choice(), loop.random()).next(null, started);
        backend = endpoint == null ? null : endpoint.backend();
        endpoint = null;
        routerError = "max-request-size-exceeded";
        answer(
                new LocalAnswer(
                        431,
                        LocalAnswer.reason(431),
                        java.util.List.of("X-Cf-RouterError", routerError),
                        new byte[0],
                        false));
    }

    private void reject(int code, String error, String message, String caching) {
        loop.traffic().count(Count.REJECTED_REQUESTS);
        error(code, error, message, caching);
    }

    private void error(int code, String error, String message, String caching) {
        routerError = error;
        answer(LocalAnswer.error(code, error, message, caching));
    }

    private void answer(LocalAnswer answer) {
        status = answer.status();
        responseBytes = answer.body().length;
        responseStarted = true;
        client.writeLocal(answer.rewritten(settings.rewriting()));
        finish();
    }

    // --- attempts

    private void attempt() {
        if (service != null) {
            attempt(service);
            return;
        }
        var choosing = choice;
        if (choosing == null) {
            throw new IllegalStateException("no route was found");
        }
        if (choosing.attempts() >= settings.backends().maxAttempts()) {
            giveUp();
            return;
        }
        long now = System.nanoTime();
        Endpoint next;
        if (bound != null) {
            next = endpoint == null && lastFailure == null ? bound : null;
        } else {
            next = choosing.next(affinity == null ? null : affinity.instance(), now);
        }
        if (next == null) {
            giveUp();
            return;
        }
        if (lastFailure != null) {
            loop.traffic().count(Count.RETRIES);
        }
        endpoint = next;
        next.begin();
        var to = next.backend();
        backend = to;
        meter = loop.traffic().begin(to);
        attemptStarted = now;
        connect(proxy.destination(to), true);
    }

    private void attempt(Service to) {
        if (serviceAttempts >= settings.services().maxAttempts()) {
            giveUp();
            return;
        }
        serviceAttempts++;
        if (lastFailure != null) {
            loop.traffic().count(Count.RETRIES);
        }
        attemptStarted = System.nanoTime();
        connect(to.destination(), true);
    }

    private void connect(Destination to, boolean reuse) {
        destination = to;
        if (reuse && settings.backends().keepAlive()) {
            var idle = to.pool(loop).take(System.nanoTime());
            if (idle != null) {
                loop.traffic().count(Count.BACKEND_REUSES);
                connected(idle);
                return;
            }
        }
        loop.deadlines().start(timer, Deadlines.Kind.DIAL, System.nanoTime());
        var dialling = new Dial(this, to);
        dial = dialling;
        dialling.start();
    }

    /** From the dial, or from the pool. */
    void connected(Upstream to) {
        dial = null;
        upstream = to;
        int mine = ++connections;
        unsent = false;
        if (proxy.accessLog()
                .config()
                .extraFields()
                .contains(AccessLogConfig.ExtraField.LOCAL_ADDRESS)) {
            localAddress = to.localAddress();
        }
        long now = System.nanoTime();
        if (backendStarted < 0) {
            backendStarted = now;
        }
        if (upgrading) {
            loop.deadlines().cancel(timer);
        } else {
            loop.deadlines().start(timer, Deadlines.Kind.ENDPOINT, now);
        }
        sending = true;
        to.send(this);
        if (!request.hasBody()) {
            to.sendEnd();
            to.flush();
        } else if (request.expectsContinue()
                && !continued
                && heldBytes == 0
                && !client.requestEnded()) {
            awaitsContinue = true;
            to.flush();
            if (!to.isBroken()) {
                loop.deadlines().start(timer, Deadlines.Kind.CONTINUE, now);
                client.read(true);
            }
        } else {
            openBody(to);
        }
        sending = false;
        unwritten(to, mine);
    }

    /**
     * The request did not get through in full. What the backend may have said before is read all
     * the same.
     */
    private void unwritten(Upstream to, int mine) {
        if (!to.isBroken() || connections != mine || responseStarted || !to.equals(upstream)) {
            return;
        }
        if (to.isGone()) {
            failed(Failure.NOT_WRITTEN, "");
        } else {
            unsent = true;
        }
    }

    /**
     * Passes on what was held. It is kept until it is clear that the connection took it: an idle
     * connection may have died unnoticed, and then nothing is lost yet.
     */
    private void openBody(Upstream to) {
        awaitsContinue = false;
        bodyOpen = true;
        var kept = held;
        if (kept != null) {
            for (var data : kept) {
                to.sendData(data.retainedDuplicate());
            }
        }
        if (client.requestEnded()) {
            to.sendEnd();
        }
        to.flush();
        if (to.isBroken()) {
            bodyOpen = false;
            return;
        }
        if (kept != null) {
            bodyTouched = true;
            releaseHeld();
        }
        client.read(to.isWritable());
    }

    private void releaseHeld() {
        var kept = held;
        if (kept != null) {
            held = null;
            heldBytes = 0;
            kept.forEach(ByteBuf::release);
        }
    }

    /** The attempt came to nothing, before a byte of an answer was passed on. */
    void failed(Failure seen, String detail) {
        if (over) {
            return;
        }
        var failure =
                unsent && (seen == Failure.END || seen == Failure.LOST)
                        ? Failure.NOT_WRITTEN
                        : seen;
        unsent = false;
        var at = upstream;
        var to = destination;
        boolean reused = at != null && at.isReused();
        dropUpstream();
        if (reused
                && to != null
                && !bodyTouched
                && switch (failure) {
                    case NOT_WRITTEN -> true;
                    case END, LOST, RESET -> isIdempotent();
                    default -> false;
                }) {
            // The backend closed an idle connection just as it was used: nobody's fault.
            bodyOpen = false;
            connect(to, false);
            return;
        }
        if (failure == Failure.RESOURCES && to != null && !relieved) {
            // Make room among what idles, once, and try the same endpoint again.
            relieved = true;
            loop.relieve();
            connect(to, true);
            return;
        }
        lastFailure = failure;
        lastCause = detail.isEmpty() ? failure.cause() : failure.cause() + ": " + detail;
        failedAttempts++;
        failedNanos += System.nanoTime() - attemptStarted;
        blame(failure, reused);
        leaveEndpoint();
        if (failure.isRetried(isIdempotent()) && !bodyTouched) {
            bodyOpen = false;
            attempt();
        } else {
            giveUp();
        }
    }

    private boolean isIdempotent() {
        if (request.hasBody() || upgrading) {
            return false;
        }
        return request.isMethod("GET")
                || request.isMethod("HEAD")
                || request.isMethod("OPTIONS")
                || request.isMethod("TRACE")
                || request.has(Field.IDEMPOTENCY_KEY)
                || request.has(Field.X_IDEMPOTENCY_KEY);
    }

    private void blame(Failure failure, boolean reused) {
        if (service != null) {
            return;
        }
        var failedEndpoint = endpoint;
        var at = route;
        var traffic = loop.traffic();
        switch (failure) {
            case CERTIFICATE_NAME -> traffic.count(Count.BACKEND_INVALID_ID);
            case CERTIFICATE_UNTRUSTED -> traffic.count(Count.BACKEND_INVALID_TLS_CERT);
            case NOT_TLS, HANDSHAKE, CLIENT_CERTIFICATE ->
                    traffic.count(Count.BACKEND_TLS_HANDSHAKE_FAILED);
            default -> {}
        }
        if (failedEndpoint == null || at == null) {
            return;
        }
        var tls = failedEndpoint.backend().tls();
        switch (failure.effect(tls)) {
            case NONE -> {}
            case MARK -> {
                // A reset on a connection that idled says nothing about the endpoint's health.
                if (!reused && bound == null) {
                    traffic.count(Count.BACKEND_MARKS);
                    failedEndpoint.markFailed(
                            System.nanoTime() + settings.backends().markFor().toNanos());
                    proxy.complain(failedEndpoint.backend(), lastCause);
                }
            }
            case EJECT -> {
                traffic.count(Count.BACKEND_EJECTIONS);
                proxy.complain(failedEndpoint.backend(), lastCause);
                proxy.eject(at, failedEndpoint);
            }
        }
    }

    private void leaveEndpoint() {
        var at = endpoint;
        if (at != null) {
            at.end();
            endpoint = null;
        }
        var counting = meter;
        if (counting != null) {
            loop.traffic().abandon(counting);
            meter = null;
        }
    }

    private void giveUp() {
        var failure = lastFailure == null ? Failure.NO_ENDPOINTS : lastFailure;
        if (failure == Failure.NO_ENDPOINTS) {
            lastCause = failure.cause();
        }
        if (upgrading) {
            loop.traffic().count(Count.WEBSOCKET_FAILURES);
        }
        loop.traffic().count(Count.BAD_GATEWAYS);
        routerError = "endpoint_failure (" + lastCause + ")";
        int code = service == null ? failure.status() : 502;
        var message = code == 502 ? "Registered endpoint failed to handle the request." : "";
        var answer = LocalAnswer.error(code, routerError, message, "");
        answer(failure == Failure.BAD_BODY ? answer.closing() : answer);
    }

    private void dropUpstream() {
        loop.deadlines().cancel(timer);
        var dialling = dial;
        if (dialling != null) {
            dial = null;
            dialling.cancel();
        }
        var at = upstream;
        if (at != null) {
            upstream = null;
            at.release(false);
        }
    }

    // --- from the client

    void requestData(ByteBuf data) {
        requestBytes += data.readableBytes();
        if (over || bodyAbandoned) {
            data.release();
            return;
        }
        var to = upstream;
        if (to != null && bodyOpen) {
            if (to.isBroken()) {
                data.release();
            } else {
                bodyTouched = true;
                to.sendData(data);
            }
            return;
        }
        if (held == null) {
            held = new ArrayDeque<>(4);
        }
        held.add(data);
        heldBytes += data.readableBytes();
        if (heldBytes >= MOST_HELD) {
            client.read(false);
        }
    }

    void requestEnd() {
        var to = upstream;
        if (to != null && bodyOpen && !to.isBroken()) {
            to.sendEnd();
        }
    }

    void requestReadComplete() {
        var to = upstream;
        if (to == null || over) {
            return;
        }
        if (awaitsContinue && (heldBytes > 0 || client.requestEnded())) {
            // It did not wait to be told.
            continued = true;
            proceed(to);
            return;
        }
        if (bodyOpen) {
            to.flush();
            if (!to.isWritable()) {
                client.read(false);
            }
        }
    }

    private void proceed(Upstream to) {
        loop.deadlines().start(timer, Deadlines.Kind.ENDPOINT, System.nanoTime());
        int mine = connections;
        sending = true;
        openBody(to);
        sending = false;
        if (!bodyTouched) {
            unwritten(to, mine);
        }
    }

    void requestMalformed(MalformedException e) {
        if (responseStarted) {
            cut();
            return;
        }
        dropUpstream();
        lastFailure = Failure.BAD_BODY;
        lastCause = Failure.BAD_BODY.cause() + ": " + e.getMessage();
        leaveEndpoint();
        giveUp();
    }

    void clientGone() {
        if (over) {
            return;
        }
        loop.traffic().count(Count.CLIENTS_GONE);
        if (!responseStarted) {
            status = Failure.CLIENT_GONE.status();
            routerError = "endpoint_failure (" + Failure.CLIENT_GONE.cause() + ")";
        }
        dropUpstream();
        finish();
    }

    void clientWritable(boolean writable) {
        var from = upstream;
        if (from != null && (responseStarted || tunnel)) {
            from.read(writable);
        }
    }

    // --- from the backend

    /** A response of 1xx, other than 101. */
    void informational(ResponseHead head) {
        if (head.status() == 100) {
            var to = upstream;
            if (awaitsContinue && to != null) {
                continued = true;
                client.writeContinue();
                client.flush();
                proceed(to);
            }
            return;
        }
        client.writeInformational(head);
        client.flush();
    }

    /**
     * The answer begins.
     *
     * @param body as the backend frames it
     */
    void responseHead(ResponseHead head, Downstream.Body body) {
        responseStarted = true;
        status = head.status();
        if (unsent) {
            unsent = false;
            bodyAbandoned = true;
            releaseHeld();
        }
        if (awaitsContinue) {
            awaitsContinue = false;
            loop.deadlines().start(timer, Deadlines.Kind.ENDPOINT, System.nanoTime());
            bodyAbandoned = true;
            releaseHeld();
        }
        client.writeHead(head, edited(head), body);
    }

    private Answer edited(ResponseHead head) {
        var answer = new Answer(settings.rewriting(), idHigh, idLow);
        var to = backend;
        var at = route;
        if (to != null && at != null) {
            Affinity.answer(answer, head, to, at, affinity, bound == null, settings.stickiness());
            var key = settings.forwarding().traceKey();
            if (!key.isEmpty() && key.equals(request.text(Field.X_VCAP_TRACE))) {
                answer.add("X-Vcap-Router", proxy.address());
                answer.add("X-Vcap-Backend", to.address());
                answer.add("X-CF-RouteEndpoint", to.address());
            }
        }
        if (answer.rewrites()) {
            answer.rewrite(head);
        }
        return answer;
    }

    void responseData(ByteBuf data) {
        responseBytes += data.readableBytes();
        client.writeData(data);
    }

    void responseEnd(@Nullable TrailerLines trailer) {
        client.writeEnd(trailer);
        var from = upstream;
        upstream = null;
        loop.deadlines().cancel(timer);
        if (from != null) {
            boolean sent = !request.hasBody() || (bodyOpen && client.requestEnded());
            from.release(sent && isReusable());
        }
        finish();
    }

    /** Whether another exchange may follow on the backend's connection. */
    boolean isReusable() {
        var backends = settings.backends();
        return backends.keepAlive()
                && request.form() != RequestHead.Form.AUTHORITY
                && (!request.expectsContinue() || backends.keepAlive100Continue());
    }

    void responseReadComplete() {
        client.flush();
        var from = upstream;
        if (from != null && !client.isWritable()) {
            from.read(false);
        }
    }

    /** The connection ended in the middle of an answer. */
    void responseCut() {
        cut();
    }

    private void cut() {
        dropUpstream();
        client.abort();
        finish();
    }

    void upstreamWritable() {
        if (bodyOpen || tunnel) {
            client.read(true);
        }
    }

    void upstreamUnwritable() {
        if (tunnel) {
            client.read(false);
        }
    }

    /** The backend takes no more; unless it answers all the same, that is the end of it. */
    void upstreamBroken() {
        if (!sending && !responseStarted && !over) {
            // What is left of the body goes nowhere; its answer, if any, is on the way.
            client.read(true);
        }
    }

    // --- what the backend is told

    boolean dropsClientCertificate() {
        return switch (settings.forwarding().clientCertificate()) {
            case ALWAYS_FORWARD -> false;
            case FORWARD -> served || client.clientCertificate() == null;
            // What the route service passes on, this router has set before.
            case SANITIZE_SET -> !served;
        };
    }

    /** Not null while the request goes to a route service and not yet to the app. */
    @Nullable Service service() {
        return service;
    }

    /** Whether headers about route services end here. */
    boolean dropsSeal() {
        return service != null || served;
    }

    /** Where the request was going when its route's service got in the way. */
    String forwardedUrl() {
        var bytes = request.bytes();
        return (settings.services().recommendHttps() ? "https://" : "http://")
                + Octets.text(bytes, request.host(), request.hostNameEnd())
                + Octets.text(bytes, request.path(), request.targetEnd());
    }

    Seal.Sealed sealed(String url) {
        var seal = settings.services().seal();
        if (seal == null) {
            throw new IllegalStateException("route services are off");
        }
        return seal.seal(url, Instant.ofEpochMilli(loop.epochNanos(started) / 1_000_000));
    }

    /** What is to be set, or null. */
    @Nullable String clientCertificate() {
        return settings.forwarding().clientCertificate() == Settings.ClientCertificate.SANITIZE_SET
                        && !served
                ? client.clientCertificate()
                : null;
    }

    /** The line of the client's {@code X-Forwarded-Proto} that is passed on, or -1. */
    int forwardedProtoOfClient() {
        var rules = settings.forwarding();
        int own = request.first(Field.X_FORWARDED_PROTO);
        if (served && own >= 0) {
            return own;
        }
        return rules.forceHttps()
                        || rules.sanitizeProto()
                        || own < 0
                        || request.value(own) == request.valueEnd(own)
                ? -1
                : own;
    }

    // --- upgrades

    boolean isUpgrading() {
        return upgrading;
    }

    /** The backend has agreed to the protocol that the client asked for. */
    void upgraded(ResponseHead head) {
        responseStarted = true;
        tunnel = true;
        status = head.status();
        loop.deadlines().cancel(timer);
        loop.traffic().count(Count.WEBSOCKET_UPGRADES);
        loop.traffic().add(Traffic.Gauge.TUNNELS, 1);
        var at = endpoint;
        if (at != null) {
            // A tunnel may last for days: it is no request in flight any more.
            at.end();
            endpoint = null;
        }
        client.tunnel(head, edited(head));
    }

    void tunnelFromClient(ByteBuf data) {
        requestBytes += data.readableBytes();
        var to = upstream;
        if (to == null || to.isBroken()) {
            data.release();
            return;
        }
        to.sendData(data);
    }

    void tunnelReadComplete() {
        var to = upstream;
        if (to != null) {
            to.flush();
            if (!to.isWritable()) {
                client.read(false);
            }
        }
    }

    /** The backend's end of a tunnel is gone: so goes the client's, after what is written. */
    void tunnelEnded() {
        upstream = null;
        client.closeTunnel();
        finish();
    }

    void tunnelClosedByClient() {
        var to = upstream;
        upstream = null;
        if (to != null) {
            to.closeTunnel();
        }
        finish();
    }

    boolean isTunnel() {
        return tunnel;
    }

    // --- the end

    @Override
    public void expired(Deadlines.Kind kind) {
        if (over) {
            return;
        }
        switch (kind) {
            case DIAL -> failed(Failure.DIAL, "timeout");
            case CONTINUE -> {
                var to = upstream;
                if (to != null && awaitsContinue) {
                    continued = true;
                    client.writeContinue();
                    client.flush();
                    proceed(to);
                }
            }
            case ENDPOINT -> {
                if (responseStarted) {
                    cut();
                } else {
                    failed(Failure.TIMEOUT, "");
                }
            }
            default -> throw new IllegalStateException("not a deadline of an exchange: " + kind);
        }
    }

    private void finish() {
        if (over) {
            return;
        }
        over = true;
        loop.deadlines().cancel(timer);
        releaseHeld();
        long now = System.nanoTime();
        if (backendStarted >= 0) {
            backendEnded = now;
        }
        var at = endpoint;
        if (at != null) {
            at.end();
            endpoint = null;
        }
        var traffic = loop.traffic();
        long total = now - started;
        var counting = meter;
        if (counting != null) {
            meter = null;
            traffic.end(counting, status, tunnel ? 0 : total);
        }
        if (service != null) {
            traffic.serviceAnswered(status);
        }
        traffic.answered(status, total, total - Math.max(0, backendNanos()));
        traffic.add(Traffic.Gauge.ACTIVE, -1);
        if (tunnel) {
            traffic.add(Traffic.Gauge.TUNNELS, -1);
        }
        traffic.add(Count.CLIENT_BYTES, requestBytes);
        traffic.add(Count.BACKEND_BYTES, responseBytes);
        AccessLine.write(this, now);
        client.exchangeEnded();
    }

    boolean isOver() {
        return over;
    }

    boolean hasAnswer() {
        return responseStarted;
    }

    /** What the client has not sent yet, nobody waits for any more. */
    boolean isBodyAbandoned() {
        return bodyAbandoned;
    }

    @Nullable Backend backend() {
        return backend;
    }

    /** {@code ip:port} of who answered or was tried last, or empty. */
    String backendAddress() {
        var to = backend;
        var asked = service;
        return to != null ? to.address() : asked == null ? "" : asked.destination().toString();
    }

    /** Our end of the connection to it, or empty. */
    String localAddress() {
        return localAddress;
    }

    /** A raw {@code ;} in the target is noted, too late for the client to hear of it. */
    String routerErrorForLog() {
        if (routerError.isEmpty() && semicolon()) {
            return "deprecated-semicolon-params";
        }
        return routerError;
    }

    private boolean semicolon() {
        var bytes = request.bytes();
        for (int i = request.target(); i < request.targetEnd(); i++) {
            if (bytes[i] == ';') {
                return true;
            }
        }
        return false;
    }

    /** The request's line as the backend gets it, for the log; null for none. */
    @Nullable String headerForLog(String lowerName) {
        if (trace != null) {
            for (var line : trace.lines().entrySet()) {
                if (line.getKey().equalsIgnoreCase(lowerName)) {
                    return line.getValue();
                }
            }
        }
        return request.text(lowerName);
    }

    Proxy proxy() {
        return proxy;
    }

    /** Time with the backend, from the first connection to the end; -1 without one. */
    long backendNanos() {
        return backendStarted < 0 || backendEnded < 0 ? -1 : backendEnded - backendStarted;
    }
}
