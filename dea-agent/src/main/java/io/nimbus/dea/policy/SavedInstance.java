package io.nimbus.dea.policy;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.nimbus.subjects.DeaStart;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An instance as the snapshot has it: everything needed to go on with it in another process. Holds
 * the app's secrets.
 *
 * @param refused nothing was ever made for it: it crashed for want of room
 */
public record SavedInstance(
        @JsonProperty("warden_handle") String handle,
        @JsonProperty("instance_id") String guid,
        @JsonProperty("private_instance_id") String privateId,
        Lifecycle state,
        @JsonProperty("state_timestamp") Instant since,
        @JsonProperty("state_starting_timestamp") Instant startedAt,
        @JsonProperty("application_version") String version,
        @JsonProperty("application_uris") List<String> uris,
        @JsonProperty("route_services") Map<String, String> routeServices,
        @Nullable Address address,
        @Nullable Ending ending,
        boolean refused,
        @JsonProperty("start_message") DeaStart start) {
    public SavedInstance {
        uris = List.copyOf(uris);
        routeServices = Map.copyOf(routeServices);
    }

    /** The same, as it was before somebody began to look for it. */
    SavedInstance in(Lifecycle was) {
        return new SavedInstance(
                handle,
                guid,
                privateId,
                was,
                since,
                startedAt,
                version,
                uris,
                routeServices,
                address,
                ending,
                refused,
                start);
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "SavedInstance[" + guid + " " + state + "]";
    }
}
