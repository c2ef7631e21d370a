package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The app's routes changed: broadcast to all DEAs. Each registers what is new and unregisters what
 * is gone.
 *
 * @param uris the complete new list
 * @param version always sent by us; a changed version gives the instance a new guid (the health
 *     manager keys on it). Absent: the instance keeps its version
 * @param routeServices ours: as in {@link DeaStart}
 */
public record DeaUpdate(
        @JsonProperty("droplet") String app,
        List<String> uris,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String version,
        @JsonProperty("route_services") @JsonInclude(JsonInclude.Include.NON_EMPTY)
                Map<String, String> routeServices) {
    public static final Subject<DeaUpdate> SUBJECT = new Subject<>("dea.update", DeaUpdate.class);

    public DeaUpdate {
        Wire.required(app, "droplet");
        Wire.required(uris, "uris");
        uris = List.copyOf(uris);
        routeServices = Wire.map(routeServices);
    }
}
