package io.nimbus.uaa.browser;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.PublicUrl;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What programs ask first: prompts, links, endpoints. None of it needs the database. */
public final class DiscoveryEndpoints implements Endpoints {
    /** The UAA whose API this is; C6 asks for 4.26.0 at least before it sends an origin. */
    private static final String VERSION = "77.0.0";

    private final PublicUrl urls;
    private final String issuer;

    public DiscoveryEndpoints(PublicUrl urls, String issuer) {
        this.urls = urls;
        this.issuer = issuer;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/info", ctx -> Json.answer(ctx, info(ctx)));
        routes.get("/.well-known/openid-configuration", ctx -> Json.answer(ctx, openId(ctx)));
    }

    /**
     * The prompts are C6's: it asks for each that is not a password or that it knows, and sends
     * them all, so there are no others.
     */
    Map<String, Object> info(Context ctx) {
        var base = urls.base(ctx);
        var prompts = new LinkedHashMap<String, Object>();
        prompts.put("username", List.of("text", "Email"));
        prompts.put("password", List.of("password", "Password"));
        prompts.put(
                "passcode",
                List.of(
                        "password",
                        "Temporary Authentication Code ( Get one at " + base + "/passcode )"));
        var info = new LinkedHashMap<String, Object>();
        info.put("app", Map.of("version", VERSION));
        info.put("links", Map.of("uaa", base, "login", base, "passwd", base + "/change_password"));
        info.put("zone_name", "uaa");
        info.put("entityID", "nimbus-uaa");
        info.put("commit_id", "nimbus");
        info.put("idpDefinitions", Map.of());
        info.put("prompts", prompts);
        return info;
    }

    /** OpenID Connect Discovery 1.0; the issuer is the configured one whoever asks. */
    private Map<String, Object> openId(Context ctx) {
        var base = urls.base(ctx);
        var json = new LinkedHashMap<String, Object>();
        json.put("issuer", issuer);
        json.put("authorization_endpoint", base + "/oauth/authorize");
        json.put("token_endpoint", base + "/oauth/token");
        json.put(
                "token_endpoint_auth_methods_supported",
                List.of("client_secret_basic", "client_secret_post", "none"));
        json.put("userinfo_endpoint", base + "/userinfo");
        json.put("jwks_uri", base + "/token_keys");
        json.put("end_session_endpoint", base + "/logout.do");
        json.put("introspection_endpoint", base + "/introspect");
        json.put(
                "scopes_supported",
                List.of("openid", "profile", "email", "roles", "user_attributes"));
        json.put("response_types_supported", List.of("code"));
        json.put(
                "grant_types_supported",
                List.of("authorization_code", "client_credentials", "password", "refresh_token"));
        json.put("subject_types_supported", List.of("public"));
        json.put("id_token_signing_alg_values_supported", List.of("RS256"));
        json.put("code_challenge_methods_supported", List.of("S256"));
        json.put(
                "claims_supported",
                List.of(
                        "sub",
                        "user_name",
                        "origin",
                        "iss",
                        "auth_time",
                        "client_id",
                        "aud",
                        "zid",
                        "user_id",
                        "azp",
                        "scope",
                        "exp",
                        "iat",
                        "jti",
                        "email",
                        "email_verified",
                        "rev_sig",
                        "cid"));
        json.put("claims_parameter_supported", false);
        return json;
    }
}
