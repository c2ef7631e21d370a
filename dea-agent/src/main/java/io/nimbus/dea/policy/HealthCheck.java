package io.nimbus.dea.policy;

import io.nimbus.subjects.DeaStart;
import java.time.Duration;

/** How it is found out that a started process serves. Asked once, at the start. */
public sealed interface HealthCheck {
    /** The app accepts a connection on its port. */
    record Port(Duration timeout) implements HealthCheck {}

    /** The app answers 200 on the path. */
    record Http(String path, Duration timeout) implements HealthCheck {}

    /** That the process was started is enough. */
    record Started() implements HealthCheck {}

    /**
     * The check that a start message asks for. An unknown type is what an absent one is: a port
     * check if there are uris.
     *
     * @param fallback timeout when the message has none
     */
    static HealthCheck of(DeaStart start, Duration fallback) {
        var seconds = start.healthCheckTimeoutSeconds();
        var timeout = seconds == null || seconds <= 0 ? fallback : Duration.ofSeconds(seconds);
        var type = start.healthCheckType() == null ? "" : start.healthCheckType();
        return switch (type) {
            case "none", "process" -> new Started();
            case "http" -> {
                var path = start.healthCheckHttpEndpoint();
                yield new Http(path == null || !path.startsWith("/") ? "/" : path, timeout);
            }
            default -> start.uris().isEmpty() ? new Started() : new Port(timeout);
        };
    }
}
