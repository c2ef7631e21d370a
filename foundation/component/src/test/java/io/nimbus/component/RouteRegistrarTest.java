package io.nimbus.component;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RouteRegistrarTest {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus wire = new InMemoryBus(time, new Random(1));
    private final InMemoryBus.Endpoint router = wire.connect("router");
    private final InMemoryBus.Endpoint api = wire.connect("api");
    private final List<String> heard = new ArrayList<>();
    private final RouteRegistrar registrar =
            new RouteRegistrar(
                    api,
                    time,
                    () ->
                            List.of(
                                    RouterRegister.component(
                                            "CloudController",
                                            "127.0.0.1",
                                            8181,
                                            List.of("api.localhost"))));

    RouteRegistrarTest() {
        router.subscribe(RouterRegister.REGISTER, m -> heard.add("+" + m.uris()));
        router.subscribe(RouterRegister.UNREGISTER, m -> heard.add("-" + m.uris()));
    }

    @Test
    void it_registers_at_once_every_20_seconds_and_unregisters_at_the_end() {
        registrar.start();
        time.settle();
        assertThat(heard).containsExactly("+[api.localhost]");
        time.advance(Duration.ofSeconds(60));
        assertThat(heard).hasSize(4);
        registrar.close();
        time.advance(Duration.ofMinutes(5));
        assertThat(heard).hasSize(5).last().isEqualTo("-[api.localhost]");
    }

    @Test
    void a_router_that_starts_hears_it_at_once_and_may_want_it_more_often() {
        registrar.start();
        time.settle();
        heard.clear();
        router.publish(RouterStart.SUBJECT, new RouterStart("r", List.of(), 5, 120));
        time.settle();
        assertThat(heard).hasSize(1);
        time.advance(Duration.ofSeconds(20));
        assertThat(heard).hasSize(5);
    }

    @Test
    void after_an_outage_it_registers_as_soon_as_the_bus_is_back() {
        registrar.start();
        time.settle();
        heard.clear();
        api.disconnect();
        time.advance(Duration.ofSeconds(30));
        assertThat(heard).isEmpty();
        api.reconnect();
        time.settle();
        assertThat(heard).hasSize(1);
    }
}
