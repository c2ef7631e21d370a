package io.nimbus.bus;

import java.util.List;

/**
 * How to reach the bus.
 *
 * @param servers {@code nats://host:port}, tried in random order
 * @param name shown by the server's monitoring
 * @param inboxPrefix what this user's reply addresses begin with; its permissions name it
 */
public record NatsConfig(
        List<String> servers, String name, String user, String password, String inboxPrefix) {
    public NatsConfig {
        servers = List.copyOf(servers);
    }

    @Override
    public String toString() {
        return "NatsConfig[servers=" + servers + ", name=" + name + ", user=" + user + "]";
    }
}
