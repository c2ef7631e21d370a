package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one DEA runs now: the complete set. Sent every 10 s, and at once when an instance starts
 * running or a peer asks ({@link #WANTED}); the health manager builds its actual state from these
 * and takes whatever is missing here as gone. Wire form: dea_ng, lib/dea/protocol.rb.
 *
 * @param instances STARTING, RUNNING, CRASHED and EVACUATING ones; empty when the DEA runs nothing
 *     (older DEAs stay silent instead)
 */
public record DeaHeartbeat(String dea, @JsonProperty("droplets") List<Instance> instances) {
    public static final Subject<DeaHeartbeat> SUBJECT =
            new Subject<>("dea.heartbeat", DeaHeartbeat.class);

    /** A health manager has started and wants every DEA's heartbeat at once. */
    public static final Subject<Poke> WANTED = new Subject<>("healthmanager.start", Poke.class);

    public DeaHeartbeat {
        Wire.required(dea, "dea");
        instances = Wire.list(instances);
    }

    /**
     * @param app the app's guid
     * @param guid 32 hex digits, made by the DEA
     * @param since seconds since the epoch, with fraction, at which {@code state} was entered
     */
    public record Instance(
            @JsonProperty("cc_partition") @JsonInclude(JsonInclude.Include.NON_NULL)
                    @Nullable String partition,
            @JsonProperty("droplet") String app,
            String version,
            @JsonProperty("instance") String guid,
            @JsonProperty(required = true) int index,
            InstanceState state,
            @JsonProperty("state_timestamp") double since) {
        public Instance {
            Wire.required(app, "droplets[].droplet");
            Wire.required(version, "droplets[].version");
            Wire.required(guid, "droplets[].instance");
            Wire.required(state, "droplets[].state");
        }
    }
}
