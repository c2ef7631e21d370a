package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * Which DEA has room? From the days before adverts; a DEA that has room answers {@link DeaHello},
 * the less loaded the sooner, others stay silent.
 */
public record DeaDiscover(
        @JsonProperty("droplet") String app,
        @Nullable String name,
        Limits limits,
        @Nullable String sha) {
    public static final RequestSubject<DeaDiscover, DeaHello> SUBJECT =
            new RequestSubject<>("dea.discover", DeaDiscover.class, DeaHello.class);

    public DeaDiscover {
        Wire.required(app, "droplet");
        Wire.required(limits, "limits");
    }
}
