package io.nimbus.uaa.keys;

import io.nimbus.component.Config;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The {@code keys} part of the configuration.
 *
 * @param rotateAfter age at which the signing key is replaced; zero for never
 * @param passphrase encrypts private keys in the database; null leaves them to its access rights
 */
public record KeyConfig(Duration rotateAfter, @Nullable String passphrase) {

    public static KeyConfig read(Config config) {
        var keys = config.section("keys");
        return new KeyConfig(
                keys.duration("rotate_after", Duration.ofDays(90)),
                keys.optionalSecret("passphrase"));
    }

    @Override
    public String toString() {
        return "KeyConfig[rotateAfter=" + rotateAfter + "]";
    }
}
