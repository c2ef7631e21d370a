package io.nimbus.cloudcontroller.running;

import io.nimbus.subjects.EgressRule;
import io.nimbus.subjects.ServiceBinding;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An app with everything that it takes to stage and to run it.
 *
 * @param buildpacks names and addresses, in order; empty: detect
 * @param environment the user's
 * @param runningEnvironment the operator's for running apps; the user's wins
 * @param uris {@code host.domain[/path]}
 * @param routeServices uri to the address of its route service
 */
public record RunnableApp(
        String guid,
        String name,
        String version,
        String spaceGuid,
        String spaceName,
        String organizationGuid,
        String organizationName,
        String stack,
        boolean production,
        int memoryMb,
        int diskMb,
        int files,
        int instances,
        boolean started,
        boolean staged,
        boolean failed,
        @Nullable String packageHash,
        @Nullable String dropletHash,
        @Nullable String stagingTask,
        @Nullable String command,
        boolean console,
        @Nullable String debug,
        String healthCheckType,
        @Nullable Integer healthCheckTimeoutSeconds,
        @Nullable String healthCheckHttpEndpoint,
        List<String> buildpacks,
        Map<String, @Nullable Object> environment,
        Map<String, @Nullable Object> runningEnvironment,
        Map<String, @Nullable Object> stagingEnvironment,
        List<String> uris,
        Map<String, String> routeServices,
        List<ServiceBinding> services,
        List<EgressRule> runningRules,
        List<EgressRule> stagingRules) {

    /** Without environment and credentials. */
    @Override
    public String toString() {
        return "RunnableApp[" + name + " " + guid + "]";
    }
}
