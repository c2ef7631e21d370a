package io.nimbus.uaa.bootstrap;

import io.nimbus.component.Component;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseUnavailableException;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.clients.Client;
import io.nimbus.uaa.clients.ClientStore;
import io.nimbus.uaa.groups.GroupStore;
import io.nimbus.uaa.groups.Member;
import io.nimbus.uaa.keys.SigningKeys;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.secrets.ClientSecrets;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.secrets.PasswordHasher;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what must exist, as soon as the database is there: signing key, clients, groups, the first
 * admin. One replica at a time, in one transaction; a second run changes nothing.
 *
 * <p>Clients of the configuration are made what it says at each start; their tokens stay valid
 * unless the secret differs. The admin is made once and then left alone. Clients and users that
 * were made through the API are not looked at.
 */
public final class Bootstrap implements Component {
    private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
    private static final Duration RETRY = Duration.ofMillis(50);
    private static final Duration RETRY_AFTER_FAULT = Duration.ofSeconds(2);
    private static final long LOCK = 0x55414130L;
    private static final String ADMIN_PASSWORD = "admin_password";

    private final Database database;
    private final BootstrapConfig config;
    private final SigningKeys keys;
    private final ClientSecrets secrets;
    private final PasswordHasher hasher;
    private final Ids ids;
    private final InstantSource clock;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean done;
    private volatile String fault = "has not run yet";

    public Bootstrap(
            Database database,
            BootstrapConfig config,
            SigningKeys keys,
            ClientSecrets secrets,
            PasswordHasher hasher,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        this.config = config;
        this.keys = keys;
        this.secrets = secrets;
        this.hasher = hasher;
        this.ids = ids;
        this.clock = clock;
    }

    public boolean isDone() {
        return done;
    }

    /** What is wrong, for {@code /healthz}. */
    public Optional<String> fault() {
        return done ? Optional.empty() : Optional.of(fault);
    }

    @Override
    public void start() {
        Thread.ofVirtual().name("bootstrap").start(this::runUntilDone);
    }

    private void runUntilDone() {
        while (!closed.get() && !done) {
            var pause = RETRY;
            if (database.isReady()) {
                fault = "is under way";
                try {
                    run();
                    keys.reload();
                    done = true;
                    return;
                } catch (DatabaseUnavailableException e) {
                    fault = "waits for the database";
                } catch (DataAccessException | IllegalStateException e) {
                    fault = "failed: " + e.getMessage();
                    log.error("the bootstrap failed, trying on", e);
                    pause = RETRY_AFTER_FAULT;
                } catch (java.io.UncheckedIOException e) {
                    fault = "failed: " + e.getMessage();
                    log.error("the bootstrap failed, trying on: {}", e.getMessage());
                    pause = RETRY_AFTER_FAULT;
                }
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void run() {
        var file = SecretsFile.read(config.secretsFile());
        database.inTransaction(dsl -> {
            dsl.fetch("select pg_advisory_xact_lock(?)", LOCK);
            keys.ensure(dsl);
            var clients = definitions();
            groups(dsl, clients);
            clients.forEach(client -> client(dsl, client, file));
            admin(dsl, file);
            // Before the commit: a secret that nobody could read would be worse than a file for
            // nothing.
            if (file.write()) {
                log.warn("secrets were generated, see {}", config.secretsFile().toAbsolutePath());
            }
        });
    }

    /** A standard client or one of the configuration, or both in one. */
    private record Wanted(
            String id,
            @Nullable String secret,
            boolean needsSecret,
            List<String> grantTypes,
            List<String> scope,
            List<String> authorities,
            List<String> redirectUris,
            List<String> autoApprove,
            @Nullable Duration accessValidity,
            @Nullable Duration refreshValidity,
            @Nullable String name) {}

    private List<Wanted> definitions() {
        Map<String, Wanted> wanted = new LinkedHashMap<>();
        for (var standard : Standard.CLIENTS) {
            wanted.put(
                    standard.id(),
                    new Wanted(
                            standard.id(),
                            standard.needsSecret() ? null : "",
                            standard.needsSecret(),
                            standard.grantTypes(),
                            standard.scope(),
                            standard.authorities(),
                            List.of(),
                            standard.autoApprove(),
                            standard.accessValidity(),
                            standard.refreshValidity(),
                            standard.name()));
        }
        for (var override : config.clients()) {
            wanted.put(override.id(), merge(wanted.get(override.id()), override));
        }
        return new ArrayList<>(wanted.values());
    }

    private static Wanted merge(
            @Nullable Wanted standard, BootstrapConfig.ClientOverride override) {
        var base =
                standard == null
                        ? new Wanted(
                                override.id(),
                                null,
                                true,
                                List.of("client_credentials"),
                                List.of(ScopePolicy.NONE),
                                List.of(ScopePolicy.NONE),
                                List.of(),
                                List.of(),
                                null,
                                null,
                                null)
                        : standard;
        return new Wanted(
                base.id(),
                or(override.secret(), base.secret()),
                base.needsSecret(),
                or(override.grantTypes(), base.grantTypes()),
                or(override.scope(), base.scope()),
                or(override.authorities(), base.authorities()),
                or(override.redirectUris(), base.redirectUris()),
                or(override.autoApprove(), base.autoApprove()),
                or(override.accessValidity(), base.accessValidity()),
                or(override.refreshValidity(), base.refreshValidity()),
                or(override.name(), base.name()));
    }

    private static <T extends @Nullable Object> T or(@Nullable T first, T second) {
        return first == null ? second : first;
    }

    private void groups(DSLContext dsl, List<Wanted> clients) {
        var names = new TreeSet<String>();
        names.addAll(Standard.GROUPS);
        names.addAll(config.adminGroups());
        names.addAll(config.defaultGroups());
        names.addAll(config.groups());
        for (var client : clients) {
            names.addAll(client.scope());
            names.addAll(client.authorities());
        }
        for (var name : names) {
            GroupStore.insert(dsl, ids.guid(), name, null, clock.instant());
        }
    }

    private void client(DSLContext dsl, Wanted wanted, SecretsFile file) {
        var existing = ClientStore.find(dsl, wanted.id());
        var secret = wanted.secret();
        if (secret == null && existing.isEmpty()) {
            secret = generated(file, "client_" + wanted.id());
        }
        if (existing.isEmpty()) {
            ClientStore.insert(
                    dsl,
                    made(wanted, secrets.hash(secret == null ? "" : secret), null, ids.id(), null));
            Audit.system("client_created", "client", wanted.id());
            return;
        }
        var old = existing.get();
        var same = secret == null || secrets.matches(secret, old.secret(), old.secondSecret());
        var next =
                same
                        ? made(wanted, old.secret(), old.secondSecret(), old.revision(), old)
                        : made(
                                wanted,
                                secrets.hash(secret == null ? "" : secret),
                                null,
                                ids.id(),
                                old);
        if (!same || differs(next, old)) {
            ClientStore.update(dsl, next);
            Audit.system("client_updated", "client", wanted.id());
        }
    }

    private static boolean differs(Client next, Client old) {
        return !made(next, old).equals(old);
    }

    /** With the times of the other one, to compare. */
    private static Client made(Client next, Client old) {
        return new Client(
                next.id(),
                next.secret(),
                next.secondSecret(),
                next.grantTypes(),
                next.scope(),
                next.authorities(),
                next.redirectUris(),
                next.autoApprove(),
                next.resourceIds(),
                next.allowedProviders(),
                next.accessValidity(),
                next.refreshValidity(),
                next.details(),
                next.revision(),
                old.created(),
                old.lastModified());
    }

    private Client made(
            Wanted wanted,
            String secret,
            @Nullable String second,
            String revision,
            @Nullable Client old) {
        var details = old == null ? Json.MAPPER.createObjectNode() : old.details().deepCopy();
        if (wanted.name() != null) {
            details.put("name", wanted.name());
        }
        var now = clock.instant();
        return new Client(
                wanted.id(),
                secret,
                second,
                wanted.grantTypes(),
                wanted.scope(),
                wanted.authorities(),
                wanted.redirectUris(),
                wanted.autoApprove().contains("true") ? List.of(Client.ALL) : wanted.autoApprove(),
                old == null ? List.of() : old.resourceIds(),
                old == null ? List.of() : old.allowedProviders(),
                wanted.accessValidity(),
                wanted.refreshValidity(),
                details,
                revision,
                old == null ? now : old.created(),
                now);
    }

    private void admin(DSLContext dsl, SecretsFile file) {
        if (UserStore.findByName(dsl, User.OURS, config.adminUser()).isPresent()) {
            return;
        }
        var password = config.adminPassword();
        if (password == null) {
            password = generated(file, ADMIN_PASSWORD);
        }
        var now = clock.instant();
        var admin =
                new User(
                        ids.guid(),
                        User.OURS,
                        config.adminUser(),
                        null,
                        null,
                        null,
                        config.adminEmail(),
                        null,
                        hasher.hash(password),
                        now,
                        false,
                        true,
                        true,
                        ids.id(),
                        null,
                        null,
                        now,
                        now,
                        0);
        UserStore.insert(dsl, admin);
        for (var name : config.adminGroups()) {
            var group = GroupStore.findByName(dsl, name).orElseThrow();
            GroupStore.add(
                    dsl, group.id(), new Member(admin.id(), Member.Type.USER, User.OURS), now);
        }
        Audit.system("user_created", "user", admin.userName(), "id", admin.id());
    }

    private String generated(SecretsFile file, String name) {
        return file.get(name)
                .orElseGet(() -> {
                    var secret = ids.secret();
                    file.put(name, secret);
                    return secret;
                });
    }

    @Override
    public void close() {
        closed.set(true);
    }
}
