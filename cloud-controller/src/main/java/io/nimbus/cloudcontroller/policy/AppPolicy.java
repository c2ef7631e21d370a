package io.nimbus.cloudcontroller.policy;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a change of an app means for its instances. */
public final class AppPolicy {
    private AppPolicy() {}

    /** The part of an app that decides. */
    public record App(
            boolean started,
            int instances,
            boolean staged,
            boolean hasPackage,
            int memoryMb,
            String healthCheckType,
            @Nullable String healthCheckHttpEndpoint,
            boolean enableSsh) {
        /** Bits are there, nobody has staged them, and instances are wanted. */
        public boolean needsStaging() {
            return hasPackage && !staged && started && instances > 0;
        }
    }

    /** What is to be sent. */
    public sealed interface Reaction {
        record Nothing() implements Reaction {}

        record Stage() implements Reaction {}

        record Start(List<Integer> indices) implements Reaction {
            public Start {
                indices = List.copyOf(indices);
            }
        }

        record Stop(List<Integer> indices) implements Reaction {
            public Stop {
                indices = List.copyOf(indices);
            }
        }

        record StopAll() implements Reaction {}
    }

    /**
     * Memory and health check change the version only: the health manager then replaces the
     * instances. Environment, command and disk take effect with the next start, buildpack and stack
     * with the next staging.
     */
    public static Reaction reaction(App before, App after) {
        if (before.started() && !after.started()) {
            return new Reaction.StopAll();
        }
        if (!after.started()) {
            return new Reaction.Nothing();
        }
        var running = before.started() ? before.instances() : 0;
        if (after.instances() > running) {
            return after.needsStaging()
                    ? new Reaction.Stage()
                    : new Reaction.Start(range(running, after.instances()));
        }
        if (after.instances() < running) {
            return new Reaction.Stop(range(after.instances(), running));
        }
        return new Reaction.Nothing();
    }

    /** Whether instances of before and after must be told apart. */
    public static boolean changesVersion(App before, App after) {
        return after.started()
                && (before.started() != after.started()
                        || before.memoryMb() != after.memoryMb()
                        || !before.healthCheckType().equals(after.healthCheckType())
                        || !Objects.equals(
                                before.healthCheckHttpEndpoint(), after.healthCheckHttpEndpoint())
                        || before.enableSsh() != after.enableSsh());
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }
}
