package io.nimbus.router.policy;

import io.nimbus.subjects.RouterRegister;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a registration says about the place to dial, apart from its uris: one object for all uris of
 * one message. Immutable but for two slots that belong to the proxy and the statistics and move
 * over to the successor when only attributes change.
 */
public final class Backend {
    private final String host;
    private final int port;
    private final boolean tls;
    private final boolean http2;
    private final int staleSeconds;
    private final String certificateName;
    private final String app;
    private final String instance;
    private final String index;
    private final String zone;
    private final String segment;
    private final Map<String, String> tags;
    private volatile @Nullable Object connections;
    private volatile @Nullable Object statistics;

    private Backend(RouterRegister message, String host, String index, Map<String, String> tags) {
        this.host = host;
        this.port = message.effectivePort();
        this.tls = isTls(message);
        this.http2 = "http2".equals(message.protocol());
        var stale = message.staleSeconds();
        this.staleSeconds = stale == null || stale < 0 ? 0 : stale;
        this.certificateName = text(message.certificateName());
        this.app = text(message.app());
        this.instance = text(message.instance());
        this.index = index;
        this.zone = text(message.zone());
        this.segment = text(message.isolationSegment());
        this.tags = tags;
    }

    /** Shares what many registrations have in common, since there are hundreds of thousands. */
    static Backend of(RouterRegister message, Shared shared) {
        return new Backend(
                message,
                shared.text(message.host()),
                shared.text(text(message.index())),
                shared.tags(message.tags()));
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    private static boolean isTls(RouterRegister message) {
        var tlsPort = message.tlsPort();
        return tlsPort != null && tlsPort != 0;
    }

    /** Whether a repeated registration says nothing new. */
    boolean says(RouterRegister message) {
        var stale = message.staleSeconds();
        return port == message.effectivePort()
                && host.equals(message.host())
                && tls == isTls(message)
                && http2 == "http2".equals(message.protocol())
                && staleSeconds == (stale == null || stale < 0 ? 0 : stale)
                && certificateName.equals(text(message.certificateName()))
                && app.equals(text(message.app()))
                && instance.equals(text(message.instance()))
                && index.equals(text(message.index()))
                && zone.equals(text(message.zone()))
                && segment.equals(text(message.isolationSegment()))
                && tags.equals(message.tags());
    }

    /** Whether connections made for the other serve this one as well. */
    boolean reachedAs(Backend other) {
        return port == other.port
                && host.equals(other.host)
                && tls == other.tls
                && http2 == other.http2
                && certificateName.equals(other.certificateName)
                // Another app may have got the address: it shall not inherit connections either.
                && app.equals(other.app)
                && instance.equals(other.instance);
    }

    void inherit(Backend predecessor) {
        connections = predecessor.connections;
        statistics = predecessor.statistics;
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    public boolean tls() {
        return tls;
    }

    public boolean http2() {
        return http2;
    }

    /** Seconds of silence after which it is dropped; 0 for the router's own threshold. */
    public int staleSeconds() {
        return staleSeconds;
    }

    /** The name that its certificate must carry; empty for the dialled host. */
    public String certificateName() {
        return certificateName;
    }

    /** The app's guid, or empty. */
    public String app() {
        return app;
    }

    /** {@code private_instance_id}, or empty. */
    public String instance() {
        return instance;
    }

    public String index() {
        return index;
    }

    public String zone() {
        return zone;
    }

    public String segment() {
        return segment;
    }

    public Map<String, String> tags() {
        return tags;
    }

    public String component() {
        return Objects.requireNonNullElse(tags.get("component"), "");
    }

    public String address() {
        return host + ":" + port;
    }

    public boolean isAt(String otherHost, int otherPort) {
        return port == otherPort && host.equals(otherHost);
    }

    /** The proxy's connections to it. */
    public @Nullable Object connections() {
        return connections;
    }

    /** Keeps the proxy's connections here; the first to come wins. */
    public synchronized Object connections(Object made) {
        var current = connections;
        if (current == null) {
            connections = made;
            return made;
        }
        return current;
    }

    /** The counters of its app. */
    public @Nullable Object statistics() {
        return statistics;
    }

    public void statistics(Object counters) {
        statistics = counters;
    }

    @Override
    public String toString() {
        return address() + (app.isEmpty() ? "" : " of " + app + "/" + index);
    }
}
