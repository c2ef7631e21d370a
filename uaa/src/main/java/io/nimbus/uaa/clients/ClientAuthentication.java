package io.nimbus.uaa.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.secrets.ClientSecrets;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.net.URLDecoder;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which client sends a request: by basic authentication, or by {@code client_id} and {@code
 * client_secret} in the form. Both may be given if they name the same client; the header counts.
 */
public final class ClientAuthentication {
    private final Database database;
    private final ClientSecrets secrets;
    private final Callers callers;

    public ClientAuthentication(Database database, ClientSecrets secrets, Callers callers) {
        this.database = database;
        this.secrets = secrets;
        this.callers = callers;
    }

    private record Claim(String id, String secret) {}

    /** The id that a request claims; null without one. Nothing is checked. */
    public static @Nullable String claimedId(Context ctx, Form form) {
        return header(ctx).map(Claim::id).orElseGet(() -> form.get("client_id"));
    }

    /**
     * @throws UaaException unauthorized without a client, invalid_client with a wrong one
     */
    public Client authenticate(Context ctx, Form form) {
        var header = header(ctx);
        var inForm = form.get("client_id");
        if (header.isEmpty() && inForm == null) {
            throw challenge(UaaError.UNAUTHORIZED.of("Client authentication is required"));
        }
        var secret = form.raw("client_secret");
        var claim =
                header.orElseGet(() ->
                        new Claim(inForm == null ? "" : inForm, secret == null ? "" : secret));
        if (inForm != null && !inForm.equals(claim.id())) {
            throw challenge(UaaError.INVALID_CLIENT.of("Two different clients are named"));
        }
        var client = database.read(dsl -> ClientStore.find(dsl, claim.id()));
        if (client.isEmpty()) {
            secrets.matchNobody(claim.secret());
        } else if (secrets.matches(
                claim.secret(), client.get().secret(), client.get().secondSecret())) {
            return client.get();
        }
        Audit.event("client_authentication_failed", claim.id(), callers.address(ctx));
        throw challenge(UaaError.INVALID_CLIENT.of("Bad credentials"));
    }

    private static UaaException challenge(UaaException e) {
        return e.challenge("Basic realm=\"UAA/client\", error=\"unauthorized\"");
    }

    private static Optional<Claim> header(Context ctx) {
        var header = ctx.header("Authorization");
        if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return Optional.empty();
        }
        try {
            var text = new String(Base64.getDecoder().decode(header.substring(6).strip()), UTF_8);
            var colon = text.indexOf(':');
            if (colon > 0) {
                return Optional.of(
                        new Claim(
                                decode(ctx, text.substring(0, colon)),
                                decode(ctx, text.substring(colon + 1))));
            }
        } catch (IllegalArgumentException e) {
            throw challenge(UaaError.INVALID_CLIENT.of("The Authorization header is malformed"));
        }
        throw challenge(UaaError.INVALID_CLIENT.of("The Authorization header is malformed"));
    }

    /** RFC 6749 wants both URL-encoded; UAA and its clients do so only when they say it. */
    private static String decode(Context ctx, String text) {
        return "true".equalsIgnoreCase(ctx.header("X-CF-ENCODED-CREDENTIALS"))
                ? URLDecoder.decode(text, UTF_8)
                : text;
    }
}
