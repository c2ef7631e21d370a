package io.nimbus.uaa.users;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import java.util.LinkedHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code /userinfo}: who the token's user is (OpenID Connect Core 1.0, 5.3). */
public final class UserInfoEndpoint implements Endpoints {
    private static final String OPENID = "openid";

    private final Database database;
    private final Guard guard;

    public UserInfoEndpoint(Database database, Guard guard) {
        this.database = database;
        this.guard = guard;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/userinfo", this::userInfo);
        routes.post("/userinfo", this::userInfo);
    }

    private void userInfo(Context ctx) {
        var caller = guard.require(ctx, OPENID);
        var id = caller.user();
        if (id == null) {
            throw Guard.insufficient(OPENID);
        }
        var user =
                database.read(dsl -> UserStore.find(dsl, id))
                        .orElseThrow(() -> UserEndpoints.unknown(id));
        var json = new LinkedHashMap<String, Object>();
        json.put("user_id", user.id());
        json.put("sub", user.id());
        json.put("user_name", user.userName());
        var name =
                Stream.of(user.givenName(), user.familyName())
                        .filter(part -> part != null)
                        .collect(Collectors.joining(" "));
        json.put("name", name.isEmpty() ? user.userName() : name);
        if (user.givenName() != null) {
            json.put("given_name", user.givenName());
        }
        if (user.familyName() != null) {
            json.put("family_name", user.familyName());
        }
        json.put("email", user.email());
        json.put("email_verified", user.verified());
        if (user.phoneNumber() != null) {
            json.put("phone_number", user.phoneNumber());
        }
        if (user.previousLogon() != null) {
            json.put("previous_logon_time", user.previousLogon().toEpochMilli());
        }
        Json.answer(ctx, json);
    }
}
