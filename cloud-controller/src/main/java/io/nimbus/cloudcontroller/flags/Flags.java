package io.nimbus.cloudcontroller.flags;

import static io.nimbus.cloudcontroller.ccdb.Tables.FEATURE_FLAGS;

import io.nimbus.cloudcontroller.ccdb.tables.records.FeatureFlagsRecord;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.database.Database;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** {@code /v2/config/feature_flags}, and the question whether something is allowed. */
public final class Flags implements Endpoints {
    private static final String PATH = "/v2/config/feature_flags";

    private final Database database;
    private final InstantSource clock;

    public Flags(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Outside of a transaction. */
    public boolean isOn(Flag flag) {
        return database.read(dsl -> isOn(dsl, flag));
    }

    public boolean isOn(DSLContext dsl, Flag flag) {
        var row =
                dsl.selectFrom(FEATURE_FLAGS)
                        .where(FEATURE_FLAGS.NAME.eq(flag.wireName()))
                        .fetchOne();
        return row == null ? flag.byDefault() : row.getEnabled();
    }

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException FeatureDisabled, with the operator's
     *     words if he left any
     */
    public void require(DSLContext dsl, Flag flag) {
        var row =
                dsl.selectFrom(FEATURE_FLAGS)
                        .where(FEATURE_FLAGS.NAME.eq(flag.wireName()))
                        .fetchOne();
        if (row == null ? !flag.byDefault() : !row.getEnabled()) {
            var said = row == null ? null : row.getErrorMessage();
            throw CloudError.FEATURE_DISABLED.of(
                    said == null || said.isEmpty() ? flag.wireName() : said);
        }
    }

    /**
     * As {@link #require(DSLContext, Flag)}, for those features that admins may use all the same.
     */
    public void requireUnlessAdmin(DSLContext dsl, Flag flag, Caller caller) {
        if (!caller.isAdmin()) {
            require(dsl, flag);
        }
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get(PATH, this::list),
                Route.get(PATH + "/:name", this::show),
                Route.put(PATH + "/:name", this::change));
    }

    private ApiResponse list(ApiRequest request) {
        Engine.requireScope(request.caller(), Right.READ);
        var rows = database.read(dsl -> dsl.selectFrom(FEATURE_FLAGS).fetchMap(FEATURE_FLAGS.NAME));
        var flags = new ArrayList<Object>();
        for (var flag : Flag.values()) {
            flags.add(document(flag, rows.get(flag.wireName())));
        }
        return ApiResponse.ok(flags);
    }

    private static Flag flag(ApiRequest request) {
        return Flag.named(request.part("name"))
                .orElseThrow(() -> CloudError.FEATURE_FLAG_NOT_FOUND.of(request.part("name")));
    }

    private ApiResponse show(ApiRequest request) {
        var flag = flag(request);
        Engine.requireScope(request.caller(), Right.READ);
        return ApiResponse.ok(document(flag, row(flag)));
    }

    private @Nullable FeatureFlagsRecord row(Flag flag) {
        return database.read(dsl ->
                        dsl.selectFrom(FEATURE_FLAGS)
                                .where(FEATURE_FLAGS.NAME.eq(flag.wireName()))
                                .fetchOptional())
                .orElse(null);
    }

    private ApiResponse change(ApiRequest request) {
        var flag = flag(request);
        Engine.requireScope(request.caller(), Right.UPDATE);
        if (!request.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        var body = request.object();
        if (!body.path("enabled").isBoolean()) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("enabled is not true or false");
        }
        var enabled = body.path("enabled").asBoolean();
        var message = body.path("error_message");
        if (!message.isMissingNode() && !message.isNull() && !message.isString()) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("error_message is not a text");
        }
        var said = message.isString() ? message.asString() : null;
        database.read(dsl ->
                dsl.insertInto(FEATURE_FLAGS)
                        .set(FEATURE_FLAGS.NAME, flag.wireName())
                        .set(FEATURE_FLAGS.ENABLED, enabled)
                        .set(FEATURE_FLAGS.ERROR_MESSAGE, said)
                        .set(FEATURE_FLAGS.UPDATED_AT, clock.instant())
                        .onConflict(FEATURE_FLAGS.NAME)
                        .doUpdate()
                        .set(FEATURE_FLAGS.ENABLED, enabled)
                        .set(FEATURE_FLAGS.ERROR_MESSAGE, said)
                        .set(FEATURE_FLAGS.UPDATED_AT, clock.instant())
                        .execute());
        return ApiResponse.ok(document(flag, row(flag)));
    }

    private static Map<String, @Nullable Object> document(
            Flag flag, @Nullable FeatureFlagsRecord row) {
        var document = new LinkedHashMap<String, @Nullable Object>();
        document.put("name", flag.wireName());
        document.put("enabled", row == null ? flag.byDefault() : row.getEnabled());
        document.put("error_message", row == null ? null : row.getErrorMessage());
        document.put("url", PATH + "/" + flag.wireName());
        return document;
    }
}
