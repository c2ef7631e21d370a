package io.nimbus.healthmanager;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** The figures of {@code /varz} as Prometheus gauges. */
final class HealthMeters {
    private static final List<String> NAMES =
            List.of(
                    "NumberOfAppsWithAllInstancesReporting",
                    "NumberOfAppsWithMissingInstances",
                    "NumberOfUndesiredRunningApps",
                    "NumberOfRunningInstances",
                    "NumberOfMissingIndices",
                    "NumberOfCrashedInstances",
                    "NumberOfCrashedIndices",
                    "NumberOfDesiredApps",
                    "NumberOfDesiredInstances",
                    "NumberOfDesiredAppsPendingStaging",
                    "StartMissing",
                    "StartCrashed",
                    "StartEvacuating",
                    "StopExtra",
                    "StopOldVersion",
                    "StopDuplicate",
                    "StopEvacuationComplete",
                    "ReceivedHeartbeats",
                    "BreakerTrips",
                    "DesiredStateSyncTimeInMilliseconds",
                    "deas",
                    "waiting_starts",
                    "waiting_stops");

    private HealthMeters() {}

    static void register(MeterRegistry registry, HealthManager manager) {
        for (var name : NAMES) {
            registry.gauge(
                    "nimbus.health." + name,
                    manager,
                    m -> ((Number) m.varz().getOrDefault(name, 0)).doubleValue());
        }
    }
}
