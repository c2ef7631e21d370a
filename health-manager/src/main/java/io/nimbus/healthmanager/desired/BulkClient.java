package io.nimbus.healthmanager.desired;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.bus.MessageBus;
import io.nimbus.healthmanager.policy.DesiredApp;
import io.nimbus.healthmanager.policy.DesiredState;
import io.nimbus.healthmanager.policy.DesiredStateSource;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.subjects.BulkCredentials;
import io.nimbus.subjects.Poke;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The controller's bulk API: {@code GET /bulk/apps?batch_size=N&bulk_token=T}, page after page
 * until one is empty, with user and password that any controller tells over the bus. Used by one
 * thread at a time.
 */
public final class BulkClient implements DesiredStateSource {
    private static final Duration CREDENTIALS_TIMEOUT = Duration.ofSeconds(5);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Settings settings;
    private final MessageBus bus;
    private final HttpClient http;
    private final InstantSource clock;
    private @Nullable BulkCredentials credentials;

    /**
     * @param controller its address, without a path
     * @param partition which controllers' credentials to ask for
     * @param batch rows per page
     * @param request longest wait for one page
     * @param fetch longest time for all pages
     */
    public record Settings(
            URI controller, String partition, int batch, Duration request, Duration fetch) {}

    public BulkClient(Settings settings, MessageBus bus, HttpClient http, InstantSource clock) {
        this.settings = settings;
        this.bus = bus;
        this.http = http;
        this.clock = clock;
    }

    @Override
    public DesiredState fetch() throws DesiredStateUnavailableException {
        var deadline = clock.instant().plus(settings.fetch());
        var apps = new HashMap<String, DesiredApp>();
        long last = 0;
        var page = page("{}");
        while (!rows(page).isEmpty()) {
            for (var row : rows(page).properties()) {
                apps.put(row.getKey(), app(row.getKey(), row.getValue()));
            }
            var id = page.path("bulk_token").path("id");
            if (!id.isIntegralNumber() || id.asLong() <= last) {
                throw new DesiredStateUnavailableException(
                        "the controller's bulk API does not get on: token "
                                + page.path("bulk_token"));
            }
            if (clock.instant().isAfter(deadline)) {
                throw new DesiredStateUnavailableException(
                        "not all apps were read within " + settings.fetch().toSeconds() + " s");
            }
            last = id.asLong();
            page = page("{\"id\":" + last + "}");
        }
        return new DesiredState(apps);
    }

    private static JsonNode rows(JsonNode page) throws DesiredStateUnavailableException {
        var rows = page.path("results");
        if (!rows.isObject()) {
            throw new DesiredStateUnavailableException("the controller's bulk API sent no results");
        }
        return rows;
    }

    /** An unreadable row fails the fetch: leaving it out would stop that app. */
    private static DesiredApp app(String guid, JsonNode row)
            throws DesiredStateUnavailableException {
        var version = row.path("version");
        var instances = row.path("instances");
        var state = row.path("state");
        var packageState = row.path("package_state");
        if (!version.isString()
                || !instances.isIntegralNumber()
                || !instances.canConvertToInt()
                || instances.asInt() < 0
                || !state.isString()
                || !packageState.isString()) {
            throw new DesiredStateUnavailableException(
                    "the controller's bulk API sent an unreadable row for app " + guid);
        }
        return new DesiredApp(
                guid,
                version.asString(),
                instances.asInt(),
                row.path("memory").asInt(0),
                state.asString(),
                packageState.asString());
    }

    private JsonNode page(String token) throws DesiredStateUnavailableException {
        var response = get(token);
        if (response.statusCode() == 401) {
            // The controller was set up anew; it tells its new password as it told the old.
            credentials = null;
            response = get(token);
        }
        if (response.statusCode() != 200) {
            if (response.statusCode() == 401) {
                credentials = null;
            }
            throw new DesiredStateUnavailableException(
                    "the controller's bulk API answers " + response.statusCode());
        }
        try {
            return JSON.readTree(response.body());
        } catch (JacksonException e) {
            throw new DesiredStateUnavailableException(
                    "the controller's bulk API sent something that is not JSON", e);
        }
    }

    private HttpResponse<byte[]> get(String token) throws DesiredStateUnavailableException {
        var known = credentials();
        var basic =
                Base64.getEncoder()
                        .encodeToString((known.user() + ":" + known.password()).getBytes(UTF_8));
        var uri =
                URI.create(
                        settings.controller()
                                + "/bulk/apps?batch_size="
                                + settings.batch()
                                + "&bulk_token="
                                + URLEncoder.encode(token, UTF_8));
        var request =
                HttpRequest.newBuilder(uri)
                        .timeout(settings.request())
                        .header("Authorization", "Basic " + basic)
                        .header("Accept", "application/json")
                        .GET()
                        .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new DesiredStateUnavailableException(
                    "the controller at " + settings.controller() + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DesiredStateUnavailableException("interrupted", e);
        }
    }

    private BulkCredentials credentials() throws DesiredStateUnavailableException {
        var known = credentials;
        if (known == null) {
            var replies =
                    bus.gather(
                            BulkCredentials.of(settings.partition()),
                            Poke.POKE,
                            1,
                            CREDENTIALS_TIMEOUT);
            if (replies.isEmpty()) {
                throw new DesiredStateUnavailableException(
                        "no controller of partition "
                                + settings.partition()
                                + " tells the bulk API's credentials over the bus");
            }
            known = replies.getFirst();
            credentials = known;
        }
        return known;
    }
}
