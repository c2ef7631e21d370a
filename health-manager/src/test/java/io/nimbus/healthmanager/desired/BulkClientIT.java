package io.nimbus.healthmanager.desired;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.healthmanager.policy.DesiredApp;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.subjects.BulkCredentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BulkClientIT {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus bus = new InMemoryBus(time, new Random(1));
    private final InMemoryBus.Endpoint controller = bus.connect("cc");
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<String> asked = new ArrayList<>();
    private String password = "first";
    private int credentialsTold;
    private Function<String, Answer> answers = query -> new Answer(500, "");
    private HttpServer server = start();

    private record Answer(int status, String body) {}

    private HttpServer start() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void serve() {
        server.createContext("/bulk/apps", this::bulk);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        http.close();
    }

    private void bulk(HttpExchange exchange) throws IOException {
        try (exchange) {
            var query = URLDecoder.decode(exchange.getRequestURI().getRawQuery(), UTF_8);
            asked.add(query);
            var expected =
                    "Basic "
                            + Base64.getEncoder()
                                    .encodeToString(("bulk_api:" + password).getBytes(UTF_8));
            var answer =
                    expected.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                            ? answers.apply(query)
                            : new Answer(401, "");
            var body = answer.body().getBytes(UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void tellCredentials() {
        controller.answer(
                BulkCredentials.of("default"),
                (poke, replier) -> {
                    credentialsTold++;
                    replier.reply(new BulkCredentials("bulk_api", password));
                });
    }

    private BulkClient client() {
        return new BulkClient(
                new BulkClient.Settings(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                        "default",
                        2,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30)),
                bus.connect("hm"),
                http,
                time);
    }

    private static String row(String guid) {
        return "\"%s\":{\"id\":\"%s\",\"instances\":2,\"state\":\"STARTED\",\"memory\":64,"
                        .formatted(guid, guid)
                + "\"package_state\":\"STAGED\",\"version\":\"v1\",\"updated_at\":\"2026-01-01\"}";
    }

    private static Answer page(int token, String... guids) {
        return new Answer(
                200,
                "{\"results\":{"
                        + String.join(",", List.of(guids).stream().map(BulkClientIT::row).toList())
                        + "},\"bulk_token\":{\"id\":"
                        + token
                        + "}}");
    }

    private static final Answer END =
            new Answer(200, "{\"results\":{},\"bulk_token\":{\"id\":null}}");

    @Test
    void pages_are_read_until_one_is_empty() throws Exception {
        tellCredentials();
        answers =
                query ->
                        query.contains("{}")
                                ? page(2, "a", "b")
                                : query.contains("{\"id\":2}") ? page(7, "c") : END;
        var state = client().fetch();
        assertThat(state.apps()).containsOnlyKeys("a", "b", "c");
        assertThat(state.apps())
                .containsEntry("a", new DesiredApp("a", "v1", 2, 64, "STARTED", "STAGED"));
        assertThat(asked)
                .containsExactly(
                        "batch_size=2&bulk_token={}",
                        "batch_size=2&bulk_token={\"id\":2}",
                        "batch_size=2&bulk_token={\"id\":7}");
    }

    @Test
    void scenario_32_when_a_page_fails_nothing_is_known() {
        tellCredentials();
        answers = query -> query.contains("{}") ? page(2, "a", "b") : new Answer(500, "");
        var client = client();
        assertThatThrownBy(client::fetch)
                .isInstanceOf(DesiredStateUnavailableException.class)
                .hasMessageContaining("500");
    }

    @Test
    void a_new_password_is_asked_for_when_the_old_is_refused() throws Exception {
        tellCredentials();
        answers = query -> END;
        var client = client();
        client.fetch();
        client.fetch();
        assertThat(credentialsTold).isEqualTo(1);
        password = "second";
        client.fetch();
        assertThat(credentialsTold).isEqualTo(2);
    }

    @Test
    void without_a_controller_on_the_bus_there_is_no_fetch() {
        var client = client();
        assertThatThrownBy(client::fetch)
                .isInstanceOf(DesiredStateUnavailableException.class)
                .hasMessageContaining("partition default");
    }

    @Test
    void a_controller_that_is_not_there_is_named() {
        tellCredentials();
        server.stop(0);
        var client = client();
        assertThatThrownBy(client::fetch)
                .isInstanceOf(DesiredStateUnavailableException.class)
                .hasMessageContaining("does not answer");
    }

    @Test
    void an_unreadable_row_fails_the_fetch_instead_of_stopping_its_app() {
        tellCredentials();
        for (var row :
                List.of(
                        "{}",
                        "{\"version\":\"v\",\"instances\":-1,\"state\":\"STARTED\",\"package_state\":\"STAGED\"}",
                        "{\"version\":\"v\",\"instances\":\"2\",\"state\":\"STARTED\",\"package_state\":\"STAGED\"}",
                        "{\"version\":null,\"instances\":1,\"state\":\"STARTED\",\"package_state\":\"STAGED\"}")) {
            answers =
                    query ->
                            new Answer(
                                    200,
                                    "{\"results\":{\"a\":" + row + "},\"bulk_token\":{\"id\":1}}");
            var client = client();
            assertThatThrownBy(client::fetch)
                    .isInstanceOf(DesiredStateUnavailableException.class)
                    .hasMessageContaining("app a");
        }
    }

    @Test
    void a_token_that_stands_still_and_nonsense_are_not_followed_for_ever() {
        tellCredentials();
        answers = query -> page(2, "a");
        var client = client();
        assertThatThrownBy(client::fetch).hasMessageContaining("does not get on");
        for (var nonsense : List.of("", "<html>", "[]", "{\"results\":[]}")) {
            answers = query -> new Answer(200, nonsense);
            assertThatThrownBy(client::fetch).isInstanceOf(DesiredStateUnavailableException.class);
        }
    }
}
