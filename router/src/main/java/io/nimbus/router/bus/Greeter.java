package io.nimbus.router.bus;

import io.nimbus.bus.MessageBus;
import io.nimbus.component.Component;
import io.nimbus.subjects.RouterStart;
import org.jspecify.annotations.Nullable;

/**
 * Tells everybody to register: when the router starts, whenever the bus comes back, and whoever
 * asks.
 */
public final class Greeter implements Component {
    private final MessageBus bus;
    private final RouterStart greeting;
    private MessageBus.@Nullable Subscription answering;

    public Greeter(MessageBus bus, RouterStart greeting) {
        this.bus = bus;
        this.greeting = greeting;
    }

    @Override
    public void start() {
        answering = bus.answer(RouterStart.GREET, (poke, replier) -> replier.reply(greeting));
        bus.onConnect(() -> bus.publish(RouterStart.SUBJECT, greeting));
    }

    @Override
    public void close() {
        if (answering != null) {
            answering.close();
        }
    }
}
