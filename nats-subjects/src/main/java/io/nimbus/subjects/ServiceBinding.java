package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One bound service as the app will find it in {@code VCAP_SERVICES}.
 *
 * @param name the service instance's name, chosen by the user
 * @param label {@code service-version}, the bare service label, or {@code user-provided}
 * @param credentials any JSON
 * @param plan a string when present, never null on the wire: dea_ng drops the whole message
 *     otherwise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServiceBinding(
        String name,
        String label,
        Object credentials,
        @Nullable List<String> tags,
        @Nullable Map<String, Object> options,
        @Nullable String plan,
        @Nullable String provider,
        @JsonProperty("syslog_drain_url") @Nullable String syslogDrainUrl,
        @JsonProperty("volume_mounts") @Nullable List<Map<String, Object>> volumeMounts) {
    public ServiceBinding {
        Wire.required(name, "services[].name");
        Wire.required(label, "services[].label");
        Wire.required(credentials, "services[].credentials");
    }
}
