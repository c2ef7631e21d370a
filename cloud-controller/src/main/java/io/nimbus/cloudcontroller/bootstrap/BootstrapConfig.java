package io.nimbus.cloudcontroller.bootstrap;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What must be there when the controller has started.
 *
 * @param domain shared by all; may be a single label
 * @param organization made if it is not there; null for none
 * @param buildpacks a folder of zips, each named as its buildpack; null for none
 * @param buildpackOrder names that come first, in this order; others follow by name
 */
public record BootstrapConfig(
        String domain,
        @Nullable String organization,
        Quota quota,
        List<Stack> stacks,
        @Nullable Path buildpacks,
        List<String> buildpackOrder,
        List<SecurityGroup> securityGroups) {

    /** The quota of organizations that name none; -1 is no limit. */
    public record Quota(
            String name,
            int memoryLimitMb,
            int instanceMemoryLimitMb,
            int totalRoutes,
            int totalServices,
            int appInstanceLimit) {}

    public record Stack(String name, String description) {}

    /**
     * @param running whether it holds for every running app
     * @param staging likewise while an app is staged
     */
    public record SecurityGroup(
            String name, List<Map<String, Object>> rules, boolean running, boolean staging) {}
}
