package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/** An app's desired state changed and is stored: the health manager reads that app anew at once. */
public record DropletUpdated(
        @JsonProperty("droplet") String app,
        @JsonProperty("cc_partition") @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable String partition) {
    public static final Subject<DropletUpdated> SUBJECT =
            new Subject<>("droplet.updated", DropletUpdated.class);

    public DropletUpdated {
        Wire.required(app, "droplet");
    }
}
