package io.nimbus.cloudcontroller.apps;

import java.util.List;

/**
 * The {@code apps} part of the configuration.
 *
 * @param defaultStack of an app that names none
 * @param memoryMb of an app that names none
 * @param diskMb of an app that names none
 * @param maxDiskMb of any app
 * @param maxHealthCheckTimeoutSeconds that an app may ask for
 * @param maxPackage bytes, unpacked as well as packed
 * @param minResource bytes; files up to this size are not shared between apps
 * @param maxResource bytes; files from this size on neither
 */
public record AppConfig(
        String defaultStack,
        int memoryMb,
        int diskMb,
        int maxDiskMb,
        int maxHealthCheckTimeoutSeconds,
        long maxPackage,
        long minResource,
        long maxResource) {
    static final List<String> HEALTH_CHECKS = List.of("port", "process", "http", "none");

    boolean isShared(long size) {
        return size > minResource && size < maxResource;
    }
}
