package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The health manager asks a controller (queue group {@code cc}) to start one instance. The
 * controller obeys only if its own database agrees. Original: hm9000, {@code hm9000.start}.
 *
 * @param message a guid, for the logs of both sides
 */
public record InstanceStartRequest(
        @JsonProperty("message_id") String message,
        @JsonProperty("droplet") String app,
        String version,
        @JsonProperty(value = "instance_index", required = true) int index) {
    public static final Subject<InstanceStartRequest> SUBJECT =
            new Subject<>("hm9000.start", InstanceStartRequest.class);

    public InstanceStartRequest {
        Wire.required(message, "message_id");
        Wire.required(app, "droplet");
        Wire.required(version, "version");
    }
}
