package io.nimbus.uaa.clients;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A registered OAuth client.
 *
 * @param secret bcrypt hash; empty for the empty secret
 * @param secondSecret valid as well, while the secret is being changed
 * @param scope what it may ask for on behalf of a user
 * @param authorities what it may do itself
 * @param redirectUris compared whole
 * @param autoApprove scopes that no user is asked about; {@code *} for all
 * @param allowedProviders origins whose users may use it; empty for all
 * @param accessValidity null for the server's
 * @param details what else it was registered with, such as {@code name}; kept and given back
 * @param revision changes with the secret and with every revocation
 */
public record Client(
        String id,
        String secret,
        @Nullable String secondSecret,
        List<String> grantTypes,
        List<String> scope,
        List<String> authorities,
        List<String> redirectUris,
        List<String> autoApprove,
        List<String> resourceIds,
        List<String> allowedProviders,
        @Nullable Duration accessValidity,
        @Nullable Duration refreshValidity,
        ObjectNode details,
        String revision,
        Instant created,
        Instant lastModified) {
    public static final String ALL = "*";

    public Client {
        grantTypes = List.copyOf(grantTypes);
        scope = List.copyOf(scope);
        authorities = List.copyOf(authorities);
        redirectUris = List.copyOf(redirectUris);
        autoApprove = List.copyOf(autoApprove);
        resourceIds = List.copyOf(resourceIds);
        allowedProviders = List.copyOf(allowedProviders);
    }

    public boolean grants(String type) {
        return grantTypes.contains(type);
    }

    /** Whether it has no secret, so that everybody can claim to be it. */
    public boolean isPublic() {
        return secret.isEmpty();
    }

    public boolean approvesItself(String name) {
        return autoApprove.contains(ALL) || autoApprove.contains(name);
    }

    public boolean allows(String origin) {
        return allowedProviders.isEmpty() || allowedProviders.contains(origin);
    }

    /** How people call it. */
    public String displayName() {
        var name = details.path("name").asString("");
        return name.isEmpty() ? id : name;
    }

    @Override
    public String toString() {
        return "Client[" + id + "]";
    }
}
