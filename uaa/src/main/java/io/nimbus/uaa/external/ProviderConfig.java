package io.nimbus.uaa.external;

import io.nimbus.component.Config;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * One of the {@code identity_providers} of the configuration: another OpenID Connect provider,
 * found by discovery.
 *
 * @param origin what users of it carry; part of the callback's path
 * @param issuer the provider's, as its discovery document and its tokens spell it
 * @param discovery where that document is; by the standard under the issuer
 * @param linkText what the log-in page calls it
 * @param createUsers whether who is not known yet is made a user; otherwise refused
 * @param userNameClaim of the id token
 * @param groupsClaim of the id token, a list of names
 * @param groups of the provider, to names of ours
 */
public record ProviderConfig(
        String origin,
        String issuer,
        URI discovery,
        String clientId,
        String clientSecret,
        List<String> scopes,
        String linkText,
        boolean createUsers,
        String userNameClaim,
        String emailClaim,
        String groupsClaim,
        Map<String, String> groups) {
    public ProviderConfig {
        scopes = List.copyOf(scopes);
        groups = Map.copyOf(groups);
    }

    public static ProviderConfig read(Config config) {
        var origin = config.text("origin");
        if (!origin.matches("[A-Za-z0-9._-]{1,36}")) {
            config.fault("origin", "is not a name of letters, digits, dots, dashes: " + origin);
        }
        var issuer = config.uri("issuer").toString();
        var scopes = config.texts("scopes", List.of("openid", "profile", "email"));
        if (!scopes.contains("openid")) {
            config.fault("scopes", "lack openid");
        }
        return new ProviderConfig(
                origin,
                issuer,
                config.uri("discovery", URI.create(standard(issuer))),
                config.text("client_id"),
                config.secret("client_secret"),
                scopes,
                config.text("link_text", "Sign in with " + origin),
                config.flag("create_users", true),
                config.text("user_name_claim", "preferred_username"),
                config.text("email_claim", "email"),
                config.text("groups_claim", "groups"),
                config.map("groups"));
    }

    private static String standard(String issuer) {
        return (issuer.endsWith("/") ? issuer : issuer + "/") + ".well-known/openid-configuration";
    }

    @Override
    public String toString() {
        return "ProviderConfig[" + origin + ", " + issuer + "]";
    }
}
