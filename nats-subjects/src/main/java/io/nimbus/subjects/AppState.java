package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the health manager knows of one app's version: {@code app.state}. An empty object means that
 * it does not know (not fresh, or never heard of it).
 */
@JsonInclude(Include.NON_NULL)
public record AppState(
        @JsonProperty("droplet") @Nullable String app,
        @Nullable String version,
        @Nullable Desired desired,
        @JsonProperty("instance_heartbeats") @Nullable List<Heartbeat> heartbeats,
        @JsonProperty("crash_counts") @Nullable List<CrashCount> crashCounts) {
    public static final RequestSubject<Query, AppState> SUBJECT =
            new RequestSubject<>("app.state", Query.class, AppState.class);

    /** Several at once, at most 50; unknown apps are absent from the answer, a map by app guid. */
    public static final RequestSubject<Queries, States> BULK =
            new RequestSubject<>("app.state.bulk", Queries.class, States.class);

    public static final AppState UNKNOWN = new AppState(null, null, null, null, null);

    public boolean isKnown() {
        return app != null && heartbeats != null;
    }

    public record Query(@JsonProperty("droplet") String app, String version) {
        public Query {
            Wire.required(app, "droplet");
            Wire.required(version, "version");
        }
    }

    /** On the wire a bare array. */
    public static final class Queries extends java.util.ArrayList<Query> {
        private static final long serialVersionUID = 1;

        public Queries() {}

        public Queries(List<Query> queries) {
            super(queries);
        }
    }

    /** On the wire a bare object, app guid to its state. */
    public static final class States extends java.util.LinkedHashMap<String, AppState> {
        private static final long serialVersionUID = 1;
    }

    /**
     * @param state {@code STARTED}, {@code STOPPED}, or empty; {@code packageState} likewise
     */
    public record Desired(
            String id,
            String version,
            int instances,
            String state,
            @JsonProperty("package_state") String packageState) {}

    public record Heartbeat(
            @JsonProperty("droplet") String app,
            String version,
            String instance,
            int index,
            InstanceState state,
            @JsonProperty("state_timestamp") double since,
            @JsonProperty("dea_guid") String dea) {}

    /**
     * @param createdAt whole seconds since the epoch
     */
    public record CrashCount(
            @JsonProperty("droplet") String app,
            String version,
            @JsonProperty("instance_index") int index,
            @JsonProperty("crash_count") int count,
            @JsonProperty("created_at") long createdAt) {}
}
