package io.nimbus.uaa.tokens;

import io.nimbus.component.Config;
import java.net.URI;
import java.time.Duration;

/**
 * The {@code tokens} part of the configuration, and the {@code issuer}.
 *
 * @param issuer what every token's {@code iss} says; resource servers compare it as a text
 * @param accessValidity of clients that have none of their own
 * @param refreshValidity of clients that have none of their own
 * @param rotateRefresh whether each refresh gives a new refresh token and ends the old one
 * @param revocable whether access tokens of users are remembered, so that they can be revoked here
 *     before their end
 */
public record TokenConfig(
        String issuer,
        Duration accessValidity,
        Duration refreshValidity,
        boolean rotateRefresh,
        boolean revocable) {

    public static TokenConfig read(Config config, URI url) {
        var tokens = config.section("tokens");
        var access = tokens.duration("access_validity", Duration.ofHours(12));
        var refresh = tokens.duration("refresh_validity", Duration.ofDays(30));
        if (access.toSeconds() < 1) {
            tokens.fault("access_validity", "is shorter than a second");
        }
        if (refresh.toSeconds() < 1) {
            tokens.fault("refresh_validity", "is shorter than a second");
        }
        return new TokenConfig(
                config.text("issuer", url + "/oauth/token"),
                access,
                refresh,
                tokens.flag("rotate_refresh", false),
                tokens.flag("revocable", false));
    }
}
