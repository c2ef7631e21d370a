package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one DEA has left. Sent every 5 s, at boot, when it changes and on {@code dea.locate}; a
 * controller forgets it after 10 s.
 *
 * @param availableMemoryMb MiB not reserved, after overcommit
 * @param availableDiskMb MiB; absent counts as enough
 * @param instancesByApp app guid to the number of its instances here, crashed ones included
 * @param placement absent: zone {@code default}
 */
public record DeaAdvertise(
        String id,
        List<String> stacks,
        @JsonProperty(value = "available_memory", required = true) int availableMemoryMb,
        @JsonProperty("available_disk") @JsonInclude(Include.NON_NULL)
                @Nullable Integer availableDiskMb,
        @JsonProperty("app_id_to_count") Map<String, Integer> instancesByApp,
        @JsonProperty("placement_properties") @JsonInclude(Include.NON_NULL)
                @Nullable Placement placement) {
    public static final Subject<DeaAdvertise> SUBJECT =
            new Subject<>("dea.advertise", DeaAdvertise.class);

    /** Ask every DEA to advertise now. */
    public static final Subject<Poke> LOCATE = new Subject<>("dea.locate", Poke.class);

    public static final String DEFAULT_ZONE = "default";

    public DeaAdvertise {
        Wire.required(id, "id");
        stacks = Wire.list(stacks);
        instancesByApp = Wire.map(instancesByApp);
    }

    public String zone() {
        return placement == null || placement.zone() == null ? DEFAULT_ZONE : placement.zone();
    }

    public record Placement(@Nullable String zone) {}
}
