package io.nimbus.cloudcontroller.staging;

import java.time.Duration;

/**
 * The {@code staging} part of the configuration.
 *
 * @param minimumMemoryMb that a stager must have free for any app
 * @param minimumDiskMb likewise
 * @param timeout of one staging, as this controller sees it; more than the stager's own
 * @param pendingTimeout after which an app that nobody reports on counts as failed
 * @param customBuildpacks whether an app may name a buildpack by its address
 */
public record StagingConfig(
        int minimumMemoryMb,
        int minimumDiskMb,
        Duration timeout,
        Duration pendingTimeout,
        boolean customBuildpacks) {}
