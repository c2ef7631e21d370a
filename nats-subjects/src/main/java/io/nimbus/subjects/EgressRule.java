package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a security group: traffic that a container may send.
 *
 * @param protocol {@code tcp}, {@code udp}, {@code icmp} or {@code all}
 * @param destination an address, a CIDR block, or {@code first-last}
 * @param ports for tcp and udp: {@code "80"}, {@code "80,443"} or {@code "8000-9000"}; absent means
 *     all
 * @param type for icmp; -1 means any
 * @param code for icmp; -1 means any
 * @param log whether new connections are written to the kernel's log
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EgressRule(
        String protocol,
        @Nullable String destination,
        @Nullable String ports,
        @Nullable Integer type,
        @Nullable Integer code,
        @Nullable Boolean log,
        @Nullable String description) {
    public EgressRule {
        Wire.required(protocol, "egress_network_rules[].protocol");
    }
}
