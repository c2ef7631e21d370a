package io.nimbus.loggregator.access;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/**
 * Another process that this one needs, and whether it answered when it was last asked. It is looked
 * at now and then, so that {@code /healthz} knows of its return.
 */
public final class Peer {
    private final String name;
    private final URI url;
    private final HttpClient http;
    private final Duration timeout;
    private volatile Optional<String> fault = Optional.of("not asked yet");

    /**
     * @param url something that it answers without a token, with whatever status
     */
    public Peer(String name, URI url, HttpClient http, Duration timeout) {
        this.name = name;
        this.url = url;
        this.http = http;
        this.timeout = timeout;
    }

    public String name() {
        return name;
    }

    /** Empty while it answers. */
    public Optional<String> fault() {
        return fault;
    }

    void answered() {
        fault = Optional.empty();
    }

    void failed(String what) {
        fault = Optional.of(what);
    }

    /** Blocks. */
    public void look() {
        try {
            var request = HttpRequest.newBuilder(url).timeout(timeout).GET().build();
            var response = http.send(request, HttpResponse.BodyHandlers.discarding());
            if (response.statusCode() < 500) {
                answered();
            } else {
                failed("answers " + response.statusCode());
            }
        } catch (IOException e) {
            failed("does not answer at " + url);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
