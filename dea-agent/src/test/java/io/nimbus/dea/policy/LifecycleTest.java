package io.nimbus.dea.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LifecycleTest {
    /** Written down a second time, from the contract. */
    private static final Map<Lifecycle, Set<Lifecycle>> ALLOWED =
            new EnumMap<>(
                    Map.of(
                            Lifecycle.BORN,
                            Set.of(
                                    Lifecycle.STARTING,
                                    Lifecycle.EVACUATING,
                                    Lifecycle.STOPPED,
                                    Lifecycle.CRASHED),
                            Lifecycle.STARTING,
                            Set.of(
                                    Lifecycle.RUNNING,
                                    Lifecycle.EVACUATING,
                                    Lifecycle.STOPPING,
                                    Lifecycle.CRASHED),
                            Lifecycle.RUNNING,
                            Set.of(Lifecycle.EVACUATING, Lifecycle.STOPPING, Lifecycle.CRASHED),
                            Lifecycle.EVACUATING,
                            Set.of(Lifecycle.STOPPING, Lifecycle.CRASHED),
                            Lifecycle.STOPPING,
                            Set.of(Lifecycle.STOPPED),
                            Lifecycle.STOPPED,
                            Set.of(),
                            Lifecycle.CRASHED,
                            Set.of(),
                            Lifecycle.RESUMING,
                            Set.of(
                                    Lifecycle.STARTING,
                                    Lifecycle.RUNNING,
                                    Lifecycle.EVACUATING,
                                    Lifecycle.STOPPING,
                                    Lifecycle.CRASHED)));

    static Stream<Arguments> pairs() {
        return Stream.of(Lifecycle.values())
                .flatMap(from -> Stream.of(Lifecycle.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest(name = "{0} to {1}")
    @MethodSource("pairs")
    void every_pair_is_allowed_or_refused(Lifecycle from, Lifecycle to) {
        if (ALLOWED.getOrDefault(from, Set.of()).contains(to)) {
            assertThat(from.to(to)).isEqualTo(to);
        } else {
            assertThatThrownBy(() -> from.to(to))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Cannot transition from \"" + from + "\" to \"" + to + "\"");
        }
    }

    @Test
    void what_counts_is_what_the_contract_says() {
        assertThat(Stream.of(Lifecycle.values()).filter(Lifecycle::usesMemory))
                .containsExactlyInAnyOrder(
                        Lifecycle.BORN, Lifecycle.STARTING, Lifecycle.RUNNING, Lifecycle.STOPPING);
        assertThat(Stream.of(Lifecycle.values()).filter(Lifecycle::usesDisk))
                .containsExactlyInAnyOrder(
                        Lifecycle.BORN,
                        Lifecycle.STARTING,
                        Lifecycle.RUNNING,
                        Lifecycle.STOPPING,
                        Lifecycle.CRASHED);
        assertThat(Stream.of(Lifecycle.values()).filter(Lifecycle::isReported))
                .containsExactlyInAnyOrder(
                        Lifecycle.STARTING,
                        Lifecycle.RUNNING,
                        Lifecycle.CRASHED,
                        Lifecycle.EVACUATING);
        assertThat(Stream.of(Lifecycle.values()).map(Lifecycle::wire).map(Enum::name))
                .containsExactly(
                        Stream.of(Lifecycle.values()).map(Enum::name).toArray(String[]::new));
    }
}
