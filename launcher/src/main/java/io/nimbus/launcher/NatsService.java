package io.nimbus.launcher;

import io.nimbus.servers.NatsBinary;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.ServerUnavailableException;
import io.nimbus.subjects.BusUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The bus: a real nats-server with JetStream and one user per process. */
final class NatsService implements Service {
    static final String NAME = "nats";

    private final State state;
    private final int port;
    private final Secrets secrets;

    NatsService(State state, int port, Secrets secrets) {
        this.state = state;
        this.port = port;
        this.secrets = secrets;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Procs.Running start() throws Trouble {
        var users =
                Arrays.stream(BusUser.values())
                        .map(user ->
                                new NatsServer.User(
                                        user.user(),
                                        secrets.of("nats-" + user.user()),
                                        user.publishes(),
                                        user.subscribes(),
                                        user.replies(),
                                        user.repliesWithin()))
                        .toList();
        try {
            var server =
                    NatsServer.start(
                            NatsBinary.find(state.servers(), line -> {}),
                            state.data(NAME),
                            port,
                            users);
            return Procs.of(server.process().pid())
                    .orElseThrow(() ->
                            new Trouble("nats-server ended at once; see " + state.data(NAME)));
        } catch (IOException | ServerUnavailableException e) {
            throw new Trouble(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Optional<String> fault() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            socket.setSoTimeout(1000);
            var greeting =
                    new String(socket.getInputStream().readNBytes(4), StandardCharsets.US_ASCII);
            return greeting.equals("INFO") ? Optional.empty() : Optional.of("is not a nats-server");
        } catch (IOException e) {
            return Optional.of("does not answer");
        }
    }
}
