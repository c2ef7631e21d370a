package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The health manager asks a controller (queue group {@code cc}) to stop one instance. Original:
 * hm9000, {@code hm9000.stop}.
 *
 * @param duplicate another instance runs at the same index; the controller then does not insist
 *     that this one is superfluous
 */
public record InstanceStopRequest(
        @JsonProperty("message_id") String message,
        @JsonProperty("droplet") String app,
        String version,
        @JsonProperty("instance_guid") String instance,
        @JsonProperty(value = "instance_index", required = true) int index,
        @JsonProperty(value = "is_duplicate", required = true) boolean duplicate) {
    public static final Subject<InstanceStopRequest> SUBJECT =
            new Subject<>("hm9000.stop", InstanceStopRequest.class);

    public InstanceStopRequest {
        Wire.required(message, "message_id");
        Wire.required(app, "droplet");
        Wire.required(version, "version");
        Wire.required(instance, "instance_guid");
    }
}
