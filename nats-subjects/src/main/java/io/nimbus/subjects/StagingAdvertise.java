package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one stager has left. Sent every 5 s, at boot, when it changes and on {@code staging.locate};
 * a controller forgets it after 10 s.
 *
 * @param availableMemoryMb MiB not reserved by running tasks
 * @param availableDiskMb MiB; absent counts as enough
 */
public record StagingAdvertise(
        String id,
        List<String> stacks,
        @JsonProperty(value = "available_memory", required = true) int availableMemoryMb,
        @JsonProperty("available_disk") @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable Integer availableDiskMb) {
    public static final Subject<StagingAdvertise> SUBJECT =
            new Subject<>("staging.advertise", StagingAdvertise.class);

    /** Ask every stager to advertise now. */
    public static final Subject<Poke> LOCATE = new Subject<>("staging.locate", Poke.class);

    public StagingAdvertise {
        Wire.required(id, "id");
        stacks = Wire.list(stacks);
    }
}
