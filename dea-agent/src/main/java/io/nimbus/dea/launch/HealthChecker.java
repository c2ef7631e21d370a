package io.nimbus.dea.launch;

import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.HealthCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Finds out whether a started app serves. Blocks; one call per instance. */
public final class HealthChecker implements AutoCloseable {
    /** Most apps that are quick to start are so within a second: look often at first. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);

    /** As the original looked. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

    private static final Duration ATTEMPT = Duration.ofSeconds(5);

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(ATTEMPT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();

    public enum Result {
        PASSED,
        FAILED,
        /** Nobody wants to know any more. */
        CANCELLED
    }

    private interface Probe {
        boolean passes(Duration limit) throws IOException, InterruptedException;
    }

    public Result check(HealthCheck check, Address address, BooleanSupplier cancelled) {
        return switch (check) {
            case HealthCheck.Started() -> Result.PASSED;
            case HealthCheck.Port(var timeout) ->
                    poll(timeout, cancelled, limit -> connects(address, limit));
            case HealthCheck.Http(var path, var timeout) ->
                    poll(timeout, cancelled, limit -> answers(address, path, limit));
        };
    }

    private static Result poll(Duration timeout, BooleanSupplier cancelled, Probe probe) {
        var end = System.nanoTime() + timeout.toNanos();
        var pause = FIRST_PAUSE;
        try {
            while (true) {
                if (cancelled.getAsBoolean()) {
                    return Result.CANCELLED;
                }
                var left = Duration.ofNanos(end - System.nanoTime());
                if (!left.isPositive()) {
                    return Result.FAILED;
                }
                try {
                    if (probe.passes(left.compareTo(ATTEMPT) < 0 ? left : ATTEMPT)) {
                        return Result.PASSED;
                    }
                } catch (IOException e) {
                    // Not yet.
                }
                Thread.sleep(pause);
                var longer = pause.multipliedBy(3).dividedBy(2);
                pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Result.CANCELLED;
        }
    }

    private static boolean connects(Address address, Duration limit) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address.host(), address.port()),
                    (int) Math.max(1, limit.toMillis()));
            return true;
        }
    }

    private boolean answers(Address address, String path, Duration limit)
            throws IOException, InterruptedException {
        var uri = URI.create("http://" + address.host() + ":" + address.port() + path);
        var request = HttpRequest.newBuilder(uri).timeout(limit).build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
