package io.nimbus.uaa.web;

import io.javalin.http.Context;
import java.util.Arrays;

/** Asks for a valid access token. */
public interface Guard {
    String ADMIN = "uaa.admin";

    /**
     * @throws UaaException unauthorized without a token, invalid_token with one that is not valid
     */
    Caller authenticate(Context ctx);

    /**
     * A caller that has one of the scopes, or may do everything.
     *
     * @throws UaaException as above, and insufficient_scope
     */
    default Caller require(Context ctx, String... scopes) {
        var caller = authenticate(ctx);
        if (caller.has(ADMIN) || Arrays.stream(scopes).anyMatch(caller::has)) {
            return caller;
        }
        throw insufficient(scopes);
    }

    static UaaException insufficient(String... scopes) {
        var needed = scopes.length == 0 ? ADMIN : String.join(" ", scopes);
        return UaaError.INSUFFICIENT_SCOPE
                .of("Insufficient scope for this resource")
                .with("scope", needed)
                .challenge("Bearer realm=\"oauth\", error=\"insufficient_scope\"");
    }
}
