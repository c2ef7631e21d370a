package io.nimbus.tokens;

import io.nimbus.component.Config;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * The {@code uaa} part of a configuration.
 *
 * @param url where this process reaches the UAA
 * @param issuer what the tokens' {@code iss} must say
 * @param audiences a token must name one of these in {@code aud}
 */
public record UaaConfig(URI url, String issuer, Set<String> audiences) {
    public UaaConfig {
        audiences = Set.copyOf(audiences);
    }

    /**
     * {@code issuer} is by default what a UAA at {@code url} says when it was told nothing else.
     *
     * @param audiences which a token must name one of, unless configured otherwise
     */
    public static UaaConfig read(Config config, String... audiences) {
        var uaa = config.section("uaa");
        var url = uaa.uri("url");
        return new UaaConfig(
                url,
                uaa.text("issuer", url + "/oauth/token"),
                Set.copyOf(uaa.texts("audiences", List.of(audiences))));
    }
}
