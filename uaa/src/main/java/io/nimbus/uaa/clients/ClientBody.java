package io.nimbus.uaa.clients;

import io.nimbus.uaa.policy.RedirectPolicy;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Clients on the wire: what may be said about one, and how one is shown. Never its secret. */
public final class ClientBody {
    public static final Set<String> GRANT_TYPES =
            Set.of("authorization_code", "client_credentials", "password", "refresh_token");

    /** What has a place of its own; everything else is kept and given back as it is. */
    private static final Set<String> KNOWN =
            Set.of(
                    "client_id",
                    "client_secret",
                    "scope",
                    "authorities",
                    "authorized_grant_types",
                    "redirect_uri",
                    "autoapprove",
                    "resource_ids",
                    "allowedproviders",
                    "access_token_validity",
                    "refresh_token_validity",
                    "lastModified",
                    "action",
                    "approvals_deleted");

    private static final int LONGEST = 255;
    private static final int MOST_DETAILS_CHARS = 16 * 1024;

    private ClientBody() {}

    static String id(ObjectNode json) {
        var id = json.path("client_id").asString("");
        if (id.isEmpty() || id.length() > LONGEST || !id.matches("[^\\p{Cntrl}:/\\\\]+")) {
            throw invalid("client_id is missing or not a name");
        }
        return id;
    }

    /**
     * @param secret its hash
     * @throws UaaException invalid_client
     */
    static Client parse(ObjectNode json, String secret, String revision, Instant now) {
        var grants = new LinkedHashSet<>(texts(json, "authorized_grant_types"));
        if (grants.isEmpty()) {
            throw invalid("An authorized grant type must be provided");
        }
        for (var grant : grants) {
            if (!GRANT_TYPES.contains(grant)) {
                throw invalid(grant + " is not a grant type that is supported here");
            }
        }
        if (grants.contains("authorization_code") || grants.contains("password")) {
            grants.add("refresh_token");
        }
        var redirects = texts(json, "redirect_uri");
        for (var uri : redirects) {
            RedirectPolicy.fault(uri)
                    .ifPresent(fault -> {
                        throw invalid("The redirect URI " + uri + " cannot be used: " + fault);
                    });
        }
        if (grants.contains("authorization_code") && redirects.isEmpty()) {
            throw invalid("authorization_code needs a redirect_uri");
        }
        if (grants.contains("client_credentials") && secret.isEmpty()) {
            throw invalid("client_credentials needs a client_secret");
        }
        return new Client(
                id(json),
                secret,
                null,
                List.copyOf(grants),
                orNone(texts(json, "scope")),
                orNone(texts(json, "authorities")),
                redirects,
                autoApprove(json),
                texts(json, "resource_ids"),
                texts(json, "allowedproviders"),
                seconds(json, "access_token_validity"),
                seconds(json, "refresh_token_validity"),
                details(json),
                revision,
                now,
                now);
    }

    private static List<String> orNone(List<String> scopes) {
        return scopes.isEmpty() ? List.of(ScopePolicy.NONE) : scopes;
    }

    private static List<String> autoApprove(ObjectNode json) {
        var value = json.path("autoapprove");
        if (value.isBoolean()) {
            return value.asBoolean() ? List.of(Client.ALL) : List.of();
        }
        var scopes = texts(json, "autoapprove");
        return scopes.contains("true") ? List.of(Client.ALL) : scopes;
    }

    /** A list, or one text with commas. */
    private static List<String> texts(ObjectNode json, String name) {
        var value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        var texts = new LinkedHashSet<String>();
        if (value.isString()) {
            for (var part : value.asString().split(",")) {
                texts.add(part.strip());
            }
        } else if (value.isArray() && value.valueStream().allMatch(JsonNode::isString)) {
            value.forEach(part -> texts.add(part.asString().strip()));
        } else {
            throw invalid(name + " is not a list of texts");
        }
        texts.remove("");
        return List.copyOf(texts);
    }

    private static @Nullable Duration seconds(ObjectNode json, String name) {
        var value = json.path(name);
        // UAA shows 0 for "the server's".
        if (value.isMissingNode() || value.isNull() || (value.isInt() && value.asInt() == 0)) {
            return null;
        }
        if (!value.isInt() || value.asInt() < 0) {
            throw invalid(name + " is not a number of seconds");
        }
        return Duration.ofSeconds(value.asInt());
    }

    private static ObjectNode details(ObjectNode json) {
        var details = json.objectNode();
        json.propertyStream()
                .filter(field -> !KNOWN.contains(field.getKey()))
                .forEach(field -> details.set(field.getKey(), field.getValue()));
        if (details.toString().length() > MOST_DETAILS_CHARS) {
            throw invalid("There is too much of it");
        }
        return details;
    }

    static Map<String, Object> json(Client client) {
        var json = new LinkedHashMap<String, Object>();
        json.put("client_id", client.id());
        json.put("scope", client.scope());
        json.put(
                "resource_ids",
                client.resourceIds().isEmpty() ? List.of("none") : client.resourceIds());
        json.put("authorized_grant_types", client.grantTypes());
        json.put("redirect_uri", client.redirectUris());
        json.put(
                "autoapprove",
                client.autoApprove().contains(Client.ALL)
                        ? List.of("true")
                        : new ArrayList<>(client.autoApprove()));
        json.put("authorities", client.authorities());
        if (client.accessValidity() != null) {
            json.put("access_token_validity", client.accessValidity().toSeconds());
        }
        if (client.refreshValidity() != null) {
            json.put("refresh_token_validity", client.refreshValidity().toSeconds());
        }
        if (!client.allowedProviders().isEmpty()) {
            json.put("allowedproviders", client.allowedProviders());
        }
        client.details().propertyStream().forEach(d -> json.put(d.getKey(), d.getValue()));
        json.put("lastModified", client.lastModified().toEpochMilli());
        return json;
    }

    static UaaException invalid(String why) {
        return UaaError.INVALID_CLIENT_DETAILS.of(why);
    }
}
