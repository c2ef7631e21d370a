package io.nimbus.cloudcontroller;

import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.Main;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The cloud-controller process: java -jar cloud-controller.jar cloud-controller.yml. */
public final class CloudControllerMain {
    private CloudControllerMain() {}

    public static void main(String[] arguments) {
        // To ask a DEA's file server by the name that only the router knows. Read when the client
        // is first used.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
        Main.run("cloud-controller", arguments, CloudControllerMain::assemble);
    }

    private static Component assemble(Config yaml) throws ConfigException {
        var config = CloudControllerConfig.read(yaml);
        var timers = new SystemTimers();
        var bus = NatsBus.open(config.nats(), timers);
        var controller =
                new CloudController(config, bus, timers, RandomGenerator.getDefault(), uuids());
        return Component.inOrder(Component.closing(timers), Component.closing(bus), controller);
    }

    static Supplier<String> uuids() {
        return () -> UUID.randomUUID().toString();
    }
}
