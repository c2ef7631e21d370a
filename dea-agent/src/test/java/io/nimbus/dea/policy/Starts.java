package io.nimbus.dea.policy;

import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.Limits;
import io.nimbus.subjects.ServiceBinding;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Start messages for tests, changed by need. */
public record Starts(
        String app,
        List<String> uris,
        String version,
        int index,
        int memoryMb,
        int diskMb,
        @Nullable String sha1,
        @Nullable String droplet,
        List<ServiceBinding> services,
        List<String> environment,
        @Nullable String command,
        @Nullable Integer healthTimeout,
        @Nullable String healthType,
        @Nullable String healthPath,
        @Nullable String stack,
        Map<String, Object> vcapApplication,
        Map<String, String> routeServices) {

    public static Starts app(String app) {
        return new Starts(
                app,
                List.of(app + ".localhost"),
                "v1",
                0,
                64,
                128,
                null,
                null,
                List.of(),
                List.of(),
                null,
                null,
                null,
                null,
                null,
                Map.of(),
                Map.of());
    }

    public DeaStart message() {
        return new DeaStart(
                app,
                app,
                uris,
                false,
                sha1,
                DeaStart.DEPRECATED,
                droplet,
                version,
                index,
                services,
                new Limits(memoryMb, diskMb, 1024),
                environment,
                "default",
                false,
                null,
                command,
                healthTimeout,
                vcapApplication,
                List.of(),
                stack,
                healthType,
                healthPath,
                routeServices);
    }

    public Starts uris(String... to) {
        return new Starts(
                app,
                List.of(to),
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts noUris() {
        return uris(new String[0]);
    }

    public Starts version(String to) {
        return new Starts(
                app,
                uris,
                to,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts index(int to) {
        return new Starts(
                app,
                uris,
                version,
                to,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts limits(int memory, int disk) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memory,
                disk,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts droplet(String sha, String address) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha,
                address,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts services(ServiceBinding... to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                List.of(to),
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts environment(String... to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                List.of(to),
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts command(String to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                to,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts health(@Nullable String type, @Nullable String path, @Nullable Integer seconds) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                seconds,
                type,
                path,
                stack,
                vcapApplication,
                routeServices);
    }

    public Starts stack(String to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                to,
                vcapApplication,
                routeServices);
    }

    public Starts vcap(Map<String, Object> to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                to,
                routeServices);
    }

    public Starts routeServices(Map<String, String> to) {
        return new Starts(
                app,
                uris,
                version,
                index,
                memoryMb,
                diskMb,
                sha1,
                droplet,
                services,
                environment,
                command,
                healthTimeout,
                healthType,
                healthPath,
                stack,
                vcapApplication,
                to);
    }
}
