package io.nimbus.cloudcontroller.flags;

import static io.nimbus.cloudcontroller.ccdb.Tables.ENV_GROUPS;

import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.database.Database;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v2/config/environment_variable_groups}: variables that every app gets while it is staged
 * or run.
 */
public final class EnvironmentGroups implements Endpoints {
    private static final String PATH = "/v2/config/environment_variable_groups/";

    private final Database database;
    private final Encryptor encryptor;
    private final InstantSource clock;

    public EnvironmentGroups(Database database, Encryptor encryptor, InstantSource clock) {
        this.database = database;
        this.encryptor = encryptor;
        this.clock = clock;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get(PATH + "running", request -> show(request, "running")),
                Route.get(PATH + "staging", request -> show(request, "staging")),
                Route.put(PATH + "running", request -> change(request, "running")),
                Route.put(PATH + "staging", request -> change(request, "staging")));
    }

    private ApiResponse show(ApiRequest request, String name) {
        Engine.requireScope(request.caller(), Right.READ);
        return ApiResponse.ok(variables(name));
    }

    private Map<String, @Nullable Object> variables(String name) {
        return database.read(dsl ->
                        dsl.selectFrom(ENV_GROUPS).where(ENV_GROUPS.NAME.eq(name)).fetchOptional())
                .map(row ->
                        encryptor.decrypt(
                                row.getEnvironmentJsonEncrypted(), row.getEnvironmentJsonKey()))
                .map(json -> Json.object(Json.read(json)))
                .orElse(Map.of());
    }

    private ApiResponse change(ApiRequest request, String name) {
        Engine.requireScope(request.caller(), Right.UPDATE);
        if (!request.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        var body = request.json();
        if (body.isNull() || !body.isObject()) {
            throw CloudError.ENVIRONMENT_VARIABLE_GROUP_INVALID.of("it is not an object");
        }
        var sealed = encryptor.encrypt(Json.write(body));
        database.read(dsl ->
                dsl.insertInto(ENV_GROUPS)
                        .set(ENV_GROUPS.NAME, name)
                        .set(ENV_GROUPS.ENVIRONMENT_JSON_ENCRYPTED, sealed.bytes())
                        .set(ENV_GROUPS.ENVIRONMENT_JSON_KEY, sealed.key())
                        .set(ENV_GROUPS.UPDATED_AT, clock.instant())
                        .onConflict(ENV_GROUPS.NAME)
                        .doUpdate()
                        .set(ENV_GROUPS.ENVIRONMENT_JSON_ENCRYPTED, sealed.bytes())
                        .set(ENV_GROUPS.ENVIRONMENT_JSON_KEY, sealed.key())
                        .set(ENV_GROUPS.UPDATED_AT, clock.instant())
                        .execute());
        return ApiResponse.ok(variables(name));
    }
}
