package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nimbus.tokens.InvalidTokenException;
import io.nimbus.tokens.Token;
import io.nimbus.tokens.TokenVerifier;
import io.nimbus.tokens.UaaUnavailableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * As much of a controller as the command line wants before it talks to a UAA: where that is, no
 * organizations, and users that are taken note of. It verifies tokens as the real one does.
 */
final class FakeController implements AutoCloseable {
    private static final String LIST =
            "{\"total_results\":0,\"total_pages\":1,\"prev_url\":null,\"next_url\":null,"
                    + "\"pagination\":{\"total_results\":0,\"total_pages\":1,\"next\":null},"
                    + "\"resources\":[]}";

    private final HttpServer server;
    private final String uaa;
    private final TokenVerifier verifier;
    private final List<String> users = new CopyOnWriteArrayList<>();

    FakeController(TestUaa uaa) throws IOException {
        this.uaa = uaa.http().base();
        verifier =
                new TokenVerifier(
                        new io.nimbus.tokens.UaaConfig(
                                URI.create(this.uaa), TestUaa.ISSUER, Set.of("cloud_controller")),
                        uaa.time);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::root);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Who called for what, in turn: {@code joe GET /v2/organizations}. */
    List<String> users() {
        return users;
    }

    private void root(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/" ->
                    answer(
                            exchange,
                            200,
                            """
                            {"links":{"self":{"href":"%1$s"},"uaa":{"href":"%2$s"},"login":{"href":"%2$s"},
                             "cloud_controller_v2":{"href":"%1$s/v2","meta":{"version":"2.150.0"}},
                             "cloud_controller_v3":{"href":"%1$s/v3","meta":{"version":"3.63.0"}},
                             "app_ssh":{"href":"127.0.0.1:1","meta":{"oauth_client":"ssh-proxy"}}}}
                            """
                                    .formatted(url(), uaa));
            case "/v3" ->
                    answer(
                            exchange,
                            200,
                            """
                            {"links":{"apps":{"href":"%1$s/v3/apps"},"processes":{"href":"%1$s/v3/processes"},
                             "droplets":{"href":"%1$s/v3/droplets"},"spaces":{"href":"%1$s/v3/spaces"},
                             "organizations":{"href":"%1$s/v3/organizations"},
                             "isolation_segments":{"href":"%1$s/v3/isolation_segments"}}}
                            """
                                    .formatted(url()));
            case "/v2/info" ->
                    answer(
                            exchange,
                            200,
                            """
                            {"name":"x","version":0,"api_version":"2.150.0","authorization_endpoint":"%1$s",
                             "token_endpoint":"%1$s","app_ssh_endpoint":"127.0.0.1:1",
                             "app_ssh_oauth_client":"ssh-proxy"}
                            """
                                    .formatted(uaa));
            default -> guarded(exchange, path);
        }
    }

    private void guarded(HttpExchange exchange, String path) throws IOException {
        var header = exchange.getRequestHeaders().getFirst("Authorization");
        Token token;
        try {
            token = verifier.verify(header == null ? "" : header);
        } catch (InvalidTokenException e) {
            answer(
                    exchange,
                    401,
                    "{\"code\":1000,\"error_code\":\"CF-InvalidAuthToken\",\"description\":\"Invalid Auth Token\"}");
            return;
        } catch (UaaUnavailableException e) {
            answer(exchange, 502, "{}");
            return;
        }
        var name = token.userName() == null ? token.client() : token.userName();
        users.add(name + " " + exchange.getRequestMethod() + " " + path);
        switch (exchange.getRequestMethod()) {
            case "POST" -> answer(exchange, 201, "{\"metadata\":{\"guid\":\"g\"},\"entity\":{}}");
            case "DELETE" -> answer(exchange, 204, "");
            default -> answer(exchange, 200, LIST);
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        var bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
