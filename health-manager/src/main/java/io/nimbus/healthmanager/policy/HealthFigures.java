package io.nimbus.healthmanager.policy;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the last analysis counted, and what has been sent so far; names are hm9000's.
 *
 * @param gauges −1 each while actual or desired state is not fresh
 * @param counters since the start of the process
 */
public record HealthFigures(Map<String, Long> gauges, Map<String, Long> counters) {
    public HealthFigures {
        gauges = Map.copyOf(gauges);
        counters = Map.copyOf(counters);
    }

    /** Counts apps and instances as an analysis passes over them. */
    static final class Count {
        private long complete;
        private long incomplete;
        private long undesired;
        private long up;
        private long missing;
        private long crashed;
        private long crashedIndices;
        private long desiredApps;
        private long desiredInstances;
        private long pending;

        void desired(DesiredApp app, Iterable<Instance> instances) {
            if (app.isPending()) {
                pending++;
                return;
            }
            desiredApps++;
            desiredInstances += app.instances();
            var heard = new boolean[app.instances()];
            var isUp = new boolean[app.instances()];
            var isCrashed = new boolean[app.instances()];
            for (var instance : instances) {
                if (instance.key().version().equals(app.version()) && app.wants(instance.index())) {
                    heard[instance.index()] = true;
                    isUp[instance.index()] |= instance.isUp();
                    isCrashed[instance.index()] |= instance.isCrashed();
                }
            }
            long silent = 0;
            for (int index = 0; index < heard.length; index++) {
                silent += heard[index] ? 0 : 1;
                crashedIndices += isCrashed[index] && !isUp[index] ? 1 : 0;
            }
            missing += silent;
            if (silent == 0) {
                complete++;
            } else {
                incomplete++;
            }
        }

        void actual(Iterable<Instance> instances, boolean isDesired) {
            var any = false;
            for (var instance : instances) {
                up += instance.isUp() ? 1 : 0;
                crashed += instance.isCrashed() ? 1 : 0;
                any |= instance.isUp();
            }
            undesired += any && !isDesired ? 1 : 0;
        }

        Map<String, Long> gauges(boolean fresh) {
            var gauges = new LinkedHashMap<String, Long>();
            gauges.put("NumberOfAppsWithAllInstancesReporting", complete);
            gauges.put("NumberOfAppsWithMissingInstances", incomplete);
            gauges.put("NumberOfUndesiredRunningApps", undesired);
            gauges.put("NumberOfRunningInstances", up);
            gauges.put("NumberOfMissingIndices", missing);
            gauges.put("NumberOfCrashedInstances", crashed);
            gauges.put("NumberOfCrashedIndices", crashedIndices);
            gauges.put("NumberOfDesiredApps", desiredApps);
            gauges.put("NumberOfDesiredInstances", desiredInstances);
            gauges.put("NumberOfDesiredAppsPendingStaging", pending);
            if (!fresh) {
                gauges.replaceAll((name, value) -> -1L);
            }
            return gauges;
        }
    }
}
