package io.nimbus.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Secrets of this platform, made when first asked for and kept in a file that only its owner can
 * read.
 */
final class Secrets {
    private static final String LETTERS =
            "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private final State state;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, String> values;

    private Secrets(State state, Map<String, String> values) {
        this.state = state;
        this.values = new ConcurrentSkipListMap<>(values);
    }

    static Secrets open(State state) throws Trouble {
        try {
            return new Secrets(
                    state,
                    Files.exists(state.secrets())
                            ? JsonMapper.shared()
                                    .readValue(
                                            Files.readString(state.secrets()),
                                            new TypeReference<TreeMap<String, String>>() {})
                            : Map.of());
        } catch (IOException | JacksonException e) {
            throw new Trouble(state.secrets() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * 32 letters and digits without those that look alike: fit for urls and files without quoting.
     */
    String of(String name) {
        return values.computeIfAbsent(name, n -> text(32));
    }

    /** For people: shorter. */
    String password(String name) {
        return values.computeIfAbsent(name, n -> text(16));
    }

    /** 32 bytes in hex. */
    String key(String name) {
        return values.computeIfAbsent(
                name,
                n -> {
                    var bytes = new byte[32];
                    random.nextBytes(bytes);
                    return java.util.HexFormat.of().formatHex(bytes);
                });
    }

    private String text(int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }

    void save() throws Trouble {
        try {
            State.writePrivately(state.secrets(), JsonMapper.shared().writeValueAsString(values));
        } catch (IOException e) {
            throw Preflight.notWritten(state, e);
        }
    }
}
