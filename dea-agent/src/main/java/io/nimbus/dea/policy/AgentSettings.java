package io.nimbus.dea.policy;

import java.time.Duration;
import java.util.List;

/**
 * @param id this DEA's, the same for all its life
 * @param index its number among DEAs, for tags
 * @param ip its address, for people
 * @param zone failure domain
 * @param stacks what it can run; the first is for starts that name none
 * @param healthCheckTimeout for starts that name none
 * @param drain how long an instance serves on after it was unregistered
 * @param crashLifetime how long the newest crash of an app is kept
 * @param bailOut when an evacuation ends whatever still runs
 */
public record AgentSettings(
        String id,
        int index,
        String ip,
        String zone,
        List<String> stacks,
        Capacity capacity,
        Duration healthCheckTimeout,
        Duration drain,
        Duration crashLifetime,
        Duration bailOut) {
    public AgentSettings {
        stacks = List.copyOf(stacks);
    }
}
