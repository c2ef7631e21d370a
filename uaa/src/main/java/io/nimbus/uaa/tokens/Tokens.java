package io.nimbus.uaa.tokens;

import io.nimbus.database.Database;
import io.nimbus.uaa.clients.ClientAuthentication;
import io.nimbus.uaa.groups.Memberships;
import io.nimbus.uaa.keys.SigningKeys;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.UserAuthentication;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Throttle;
import java.time.InstantSource;
import java.util.List;

/** The feature as a whole: what guards the others, and its own endpoints. */
public final class Tokens {
    private final Database database;
    private final TokenConfig config;
    private final Ids ids;
    private final Callers callers;
    private final InstantSource clock;
    private final TokenCodec codec;
    private final TokenChecker checker;

    public Tokens(
            Database database,
            TokenConfig config,
            SigningKeys keys,
            Ids ids,
            Callers callers,
            InstantSource clock) {
        this.database = database;
        this.config = config;
        this.ids = ids;
        this.callers = callers;
        this.clock = clock;
        this.codec = new TokenCodec(keys);
        this.checker = new TokenChecker(database, config, codec, callers, clock);
    }

    public Guard guard() {
        return checker;
    }

    public List<Endpoints> endpoints(
            ClientAuthentication clients,
            UserAuthentication users,
            Memberships memberships,
            Throttle throttle) {
        return List.of(
                new TokenEndpoint(
                        database,
                        clients,
                        users,
                        memberships,
                        new TokenIssuer(config, codec, ids, clock),
                        config,
                        throttle,
                        callers,
                        clock),
                new CheckEndpoints(clients, checker),
                new RevocationEndpoints(database, checker, ids));
    }

    /** Deletes what has ended. */
    public void prune() {
        database.inTransaction(dsl -> {
            StoredTokens.prune(dsl, clock.instant());
            OneTimeCodes.prune(dsl, clock.instant());
        });
    }
}
