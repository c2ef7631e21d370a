package io.nimbus.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What was chosen at the first {@code up} and holds for the later ones unless given anew.
 *
 * @param domain apps are at {@code <name>.<domain>}
 * @param ports by name: {@code api}, {@code router}, {@code router-status}, {@code uaa}, {@code
 *     logs}, and the servers' own {@code nats} and {@code postgres}, which are free ones
 * @param hosts whether a block in /etc/hosts is kept
 */
record Settings(String domain, Map<String, Integer> ports, boolean hosts) {
    static final String API = "api";
    static final String ROUTER = "router";
    static final String ROUTER_STATUS = "router-status";
    static final String UAA = "uaa";
    static final String LOGS = "logs";
    static final String NATS = "nats";
    static final String POSTGRES = "postgres";

    /** Ports that clients know, with their defaults. */
    static final Map<String, Integer> PUBLIC =
            Map.of(API, 8181, ROUTER, 8080, ROUTER_STATUS, 8445, UAA, 8082, LOGS, 8083);

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    Settings {
        ports = Map.copyOf(ports);
    }

    /**
     * What was given now, else {@code NIMBUS_*} of the environment, else what was chosen before,
     * else the default.
     *
     * @param given by the same names as {@link #ports}
     */
    static Settings choose(
            State state,
            @Nullable String domain,
            Map<String, Integer> given,
            boolean hosts,
            Map<String, String> environment)
            throws Trouble {
        var before = read(state);
        var ports = new TreeMap<String, Integer>();
        for (var name : PUBLIC.keySet()) {
            var variable =
                    "NIMBUS_" + name.toUpperCase(java.util.Locale.ROOT).replace('-', '_') + "_PORT";
            var port = given.get(name);
            if (port == null && environment.containsKey(variable)) {
                port = number(variable, environment.getOrDefault(variable, ""));
            }
            if (port == null && before != null) {
                port = before.ports.get(name);
            }
            ports.put(name, port == null ? PUBLIC.getOrDefault(name, 0) : port);
        }
        for (var name : List.of(NATS, POSTGRES)) {
            var kept = before == null ? null : before.ports.get(name);
            ports.put(name, kept == null ? free(ports) : kept);
        }
        var chosen = domain != null ? domain : environment.get("NIMBUS_DOMAIN");
        if (chosen == null) {
            chosen = before == null ? "localhost" : before.domain;
        }
        if (!chosen.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
            throw new Trouble("not a domain: " + chosen);
        }
        var settings = new Settings(chosen, ports, hosts || (before != null && before.hosts));
        try {
            State.writePrivately(state.settings(), JSON.writeValueAsString(settings));
        } catch (IOException e) {
            throw Preflight.notWritten(state, e);
        }
        return settings;
    }

    private static int number(String variable, String value) throws Trouble {
        try {
            var port = Integer.parseInt(value);
            if (port > 0 && port < 65536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below, as what is out of range is
        }
        throw new Trouble(variable + " is not a port: " + value);
    }

    /** Null when there was no {@code up} yet. */
    static @Nullable Settings read(State state) throws Trouble {
        try {
            return Files.exists(state.settings())
                    ? JSON.readValue(Files.readString(state.settings()), Settings.class)
                    : null;
        } catch (IOException | JacksonException e) {
            throw new Trouble(
                    state.settings()
                            + " cannot be read ("
                            + e.getMessage()
                            + "); `nimbus down --reset` begins anew",
                    e);
        }
    }

    private static int free(Map<String, Integer> taken) throws Trouble {
        try {
            while (true) {
                try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    if (!taken.containsValue(socket.getLocalPort())) {
                        return socket.getLocalPort();
                    }
                }
            }
        } catch (IOException e) {
            throw new Trouble("no free port on loopback: " + e.getMessage(), e);
        }
    }

    int port(String name) {
        var port = ports.get(name);
        if (port == null) {
            throw new IllegalArgumentException("no such port: " + name);
        }
        return port;
    }

    String apiUrl() {
        return "http://localhost:" + port(API);
    }

    String uaaUrl() {
        return "http://localhost:" + port(UAA);
    }

    String appUrl(String host) {
        return "http://" + host + "." + domain + ":" + port(ROUTER) + "/";
    }
}
