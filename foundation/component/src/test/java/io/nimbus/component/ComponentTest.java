package io.nimbus.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComponentTest {
    private final List<String> said = new ArrayList<>();

    private Component part(String name) {
        return Component.of(() -> said.add("+" + name), () -> said.add("-" + name));
    }

    @Test
    void parts_start_in_order_and_stop_in_reverse_once() {
        var all = Component.inOrder(part("a"), part("b"));
        all.start();
        all.close();
        all.close();
        assertThat(said).containsExactly("+a", "+b", "-b", "-a");
    }

    @Test
    void when_one_does_not_start_those_before_it_are_stopped() {
        var all =
                Component.inOrder(
                        part("a"),
                        Component.of(
                                () -> {
                                    throw new IllegalStateException("no port");
                                },
                                () -> said.add("-faulty")),
                        part("c"));
        assertThatIllegalStateException().isThrownBy(all::start).withMessage("no port");
        assertThat(said).containsExactly("+a", "-a");
    }

    @Test
    void one_that_does_not_stop_keeps_nobody_running() {
        var all =
                Component.inOrder(
                        part("a"),
                        Component.of(
                                () -> {},
                                () -> {
                                    throw new IllegalStateException("a fault, for the test");
                                }));
        all.start();
        all.close();
        assertThat(said).containsExactly("+a", "-a");
    }
}
