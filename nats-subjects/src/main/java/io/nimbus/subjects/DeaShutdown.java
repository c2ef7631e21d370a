package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A DEA takes no more work (drain, evacuation, shutdown): controllers drop its advert at once. */
public record DeaShutdown(
        String id,
        @Nullable String ip,
        @Nullable String version,
        @JsonProperty("app_id_to_count") Map<String, Integer> instancesByApp) {
    public static final Subject<DeaShutdown> SUBJECT =
            new Subject<>("dea.shutdown", DeaShutdown.class);

    public DeaShutdown {
        Wire.required(id, "id");
        instancesByApp = Wire.map(instancesByApp);
    }
}
