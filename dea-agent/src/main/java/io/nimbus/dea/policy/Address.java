package io.nimbus.dea.policy;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Where an instance is reached.
 *
 * @param host address that routers dial
 * @param port port that routers dial
 * @param inside port on which the app listens
 */
public record Address(
        @JsonProperty("instance_host_ip") String host,
        @JsonProperty("instance_host_port") int port,
        @JsonProperty("instance_container_port") int inside) {}
