package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * An instance ended, or will soon because its DEA leaves. A wanted stop is not reported.
 *
 * @param app the app's guid
 * @param reason {@link #CRASHED} and {@link #DEA_EVACUATION} from us; older DEAs also send {@code
 *     STOPPED} and {@code DEA_SHUTDOWN}
 * @param exitStatus the process's, -1 if unknown
 * @param exitDescription for the user: {@code out of memory}, {@code app instance exited}, …
 * @param crashedAt whole seconds since the epoch, only for crashes
 */
public record DropletExited(
        @JsonProperty("cc_partition") @JsonInclude(Include.NON_NULL) @Nullable String partition,
        @JsonProperty("droplet") String app,
        @JsonInclude(Include.NON_NULL) @Nullable String version,
        String instance,
        @JsonProperty(required = true) int index,
        String reason,
        @JsonProperty("exit_status") @JsonInclude(Include.NON_NULL) @Nullable Integer exitStatus,
        @JsonProperty("exit_description") @JsonInclude(Include.NON_NULL)
                @Nullable String exitDescription,
        @JsonProperty("crash_timestamp") @JsonInclude(Include.NON_NULL) @Nullable Long crashedAt) {
    public static final Subject<DropletExited> SUBJECT =
            new Subject<>("droplet.exited", DropletExited.class);

    public static final String CRASHED = "CRASHED";
    public static final String DEA_EVACUATION = "DEA_EVACUATION";
    public static final String DEA_SHUTDOWN = "DEA_SHUTDOWN";
    public static final String STOPPED = "STOPPED";

    public DropletExited {
        Wire.required(app, "droplet");
        Wire.required(instance, "instance");
        Wire.required(reason, "reason");
    }

    /** Case-insensitive, as the original controller compares. */
    public boolean isCrash() {
        return CRASHED.equalsIgnoreCase(reason);
    }
}
