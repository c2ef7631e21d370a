package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.EVENTS;
import static org.jooq.JSONB.jsonb;

import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Json;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Writes events, in the transaction of what they tell of. */
public final class Audit {
    private static final String HIDDEN = "PRIVATE DATA HIDDEN";
    private static final Set<String> SECRET =
            Set.of(
                    "environment_json",
                    "command",
                    "docker_credentials",
                    "credentials",
                    "parameters",
                    "auth_password",
                    "token");

    /** What it happened to. */
    public record Actee(String guid, String type, String name) {}

    /** Where it happened; empty where there is none. */
    public record Place(String space, String organization) {
        public static final Place NOWHERE = new Place("", "");
    }

    private final InstantSource clock;
    private final Supplier<String> guids;

    public Audit(InstantSource clock, Supplier<String> guids) {
        this.clock = clock;
        this.guids = guids;
    }

    /** Somebody did something. */
    public void record(
            DSLContext tx,
            String type,
            Caller caller,
            Actee actee,
            Place place,
            Map<String, ?> metadata) {
        write(
                tx,
                type,
                caller.id(),
                "user",
                caller.email() == null ? caller.name() : caller.email(),
                caller.name(),
                actee,
                place,
                metadata);
    }

    /** Something happened by itself. */
    public void happened(
            DSLContext tx, String type, Actee actee, Place place, Map<String, ?> metadata) {
        write(tx, type, actee.guid(), actee.type(), actee.name(), null, actee, place, metadata);
    }

    private void write(
            DSLContext tx,
            String type,
            String actor,
            String actorType,
            @Nullable String actorName,
            @Nullable String userName,
            Actee actee,
            Place place,
            Map<String, ?> metadata) {
        var now = clock.instant();
        tx.insertInto(EVENTS)
                .set(EVENTS.GUID, guids.get())
                .set(EVENTS.CREATED_AT, now)
                .set(EVENTS.TIMESTAMP, now)
                .set(EVENTS.TYPE, type)
                .set(EVENTS.ACTOR, actor)
                .set(EVENTS.ACTOR_TYPE, actorType)
                .set(EVENTS.ACTOR_NAME, actorName)
                .set(EVENTS.ACTOR_USERNAME, userName)
                .set(EVENTS.ACTEE, actee.guid())
                .set(EVENTS.ACTEE_TYPE, actee.type())
                .set(EVENTS.ACTEE_NAME, actee.name())
                .set(EVENTS.METADATA, jsonb(Json.write(metadata)))
                .set(EVENTS.SPACE_GUID, place.space())
                .set(EVENTS.ORGANIZATION_GUID, place.organization())
                .execute();
    }

    /** What was sent, with what is secret hidden: {@code {"request": …}}. */
    public static Map<String, Object> request(JsonNode body) {
        var shown = new LinkedHashMap<String, @Nullable Object>();
        body.propertyStream()
                .forEach(property -> {
                    var key = property.getKey();
                    var value = property.getValue();
                    if (value.isNull()) {
                        return;
                    }
                    if (SECRET.contains(key)) {
                        shown.put(key, HIDDEN);
                    } else if (key.equals("buildpack") && value.isString()) {
                        shown.put(key, masked(value.asString()));
                    } else {
                        shown.put(key, Json.plain(value));
                    }
                });
        return Map.of("request", shown);
    }

    /** An address without the user and password in it. */
    public static String masked(String address) {
        return address.replaceFirst("^([a-zA-Z][\\w+.-]*://)[^/@]+@", "$1***:***@");
    }
}
