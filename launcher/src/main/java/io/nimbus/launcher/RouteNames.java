package io.nimbus.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Logger;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps the names that the router serves in /etc/hosts, every few seconds, for those who asked for
 * it.
 */
final class RouteNames implements AutoCloseable {
    private static final Logger log = Logger.getLogger("hosts");
    private static final Duration LOOK = Duration.ofSeconds(3);

    private final HostsFile hosts = new HostsFile(Path.of("/etc/hosts"));
    private final Settings settings;
    private final String password;
    private final HttpClient http = HttpClient.newHttpClient();
    private volatile boolean closed;

    RouteNames(State state, Settings settings) throws Trouble {
        this.settings = settings;
        this.password = Secrets.open(state).of("router-status");
    }

    void run() {
        while (!closed) {
            try {
                Thread.sleep(LOOK);
                var names = names();
                if (!closed) {
                    hosts.write(names);
                }
            } catch (IOException | JacksonException e) {
                log.fine("the router's names cannot be kept now: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private Set<String> names() throws IOException, InterruptedException {
        var response =
                http.send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + settings.port(Settings.ROUTER_STATUS)
                                                        + "/routes"))
                                .timeout(Duration.ofSeconds(5))
                                .header(
                                        "Authorization",
                                        "Basic "
                                                + Base64.getEncoder()
                                                        .encodeToString(
                                                                ("nimbus:" + password)
                                                                        .getBytes(UTF_8)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        var names = new TreeSet<String>();
        JsonMapper.shared()
                .readTree(response.body())
                .propertyStream()
                .map(e -> e.getKey().replaceFirst("/.*", ""))
                .filter(name -> name.matches("[a-z0-9][a-z0-9.-]*"))
                .forEach(names::add);
        return names;
    }

    @Override
    public void close() {
        closed = true;
        try {
            hosts.write(Set.of());
        } catch (IOException e) {
            log.warning("the block in /etc/hosts is left: " + e.getMessage());
        }
    }
}
