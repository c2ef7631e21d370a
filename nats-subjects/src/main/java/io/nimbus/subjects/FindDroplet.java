package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where are this app's instances? Every DEA sends one reply per matching instance and none
 * otherwise; the controller waits at most 2 s. Filters as in {@link DeaStop}.
 *
 * @param includeStats adds {@link Found#stats} for RUNNING instances
 * @param path when given, {@link Found#fileUri} is a signed address of that file
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FindDroplet(
        @JsonProperty("droplet") String app,
        @Nullable String version,
        @Nullable List<String> instances,
        @JsonProperty("instance_ids") @Nullable List<String> instanceIds,
        @Nullable List<Integer> indices,
        @Nullable List<InstanceState> states,
        @JsonProperty("include_stats") @Nullable Boolean includeStats,
        @Nullable String path) {
    public static final RequestSubject<FindDroplet, Found> SUBJECT =
            new RequestSubject<>("dea.find.droplet", FindDroplet.class, Found.class);

    public FindDroplet {
        Wire.required(app, "droplet");
        instances = Wire.filter(instances);
        instanceIds = Wire.filter(instanceIds);
        indices = Wire.filter(indices);
        states = Wire.filter(states);
    }

    /** Instances of the app's version in these states. */
    public static FindDroplet inStates(String app, String version, InstanceState... states) {
        return new FindDroplet(app, version, null, null, null, List.of(states), null, null);
    }

    /** RUNNING instances of the app's version, with their statistics. */
    public static FindDroplet stats(String app, String version) {
        return new FindDroplet(
                app, version, null, null, null, List.of(InstanceState.RUNNING), true, null);
    }

    public boolean wantsStats() {
        return Boolean.TRUE.equals(includeStats);
    }

    /** Whether an instance is meant. */
    public boolean matches(
            String app, String version, String instance, int index, InstanceState state) {
        return this.app.equals(app)
                && (this.version == null || this.version.equals(version))
                && ((instances == null && instanceIds == null)
                        || Stream.of(instances, instanceIds)
                                .anyMatch(ids -> ids != null && ids.contains(instance)))
                && (indices == null || indices.contains(index))
                && (states == null || states.contains(state));
    }

    /**
     * One instance that matched.
     *
     * @param since seconds since the epoch at which the state was entered
     * @param staged {@code /<instance guid>}, for file addresses of the first generation
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Found(
            String dea,
            @JsonProperty("droplet") String app,
            String version,
            String instance,
            @JsonProperty(required = true) int index,
            InstanceState state,
            @JsonProperty("state_timestamp") double since,
            @Nullable String staged,
            @JsonProperty("file_uri_v2") @Nullable String fileUri,
            @Nullable InstanceStats stats) {
        public Found {
            Wire.required(dea, "dea");
            Wire.required(app, "droplet");
            Wire.required(instance, "instance");
            Wire.required(state, "state");
        }
    }
}
