package io.nimbus.uaa.keys;

import static io.nimbus.uaa.schema.Tables.CLIENT;
import static io.nimbus.uaa.schema.Tables.SIGNING_KEY;
import static org.jooq.impl.DSL.max;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseUnavailableException;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.schema.tables.records.SigningKeyRecord;
import io.nimbus.uaa.web.UaaError;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that sign tokens, the same for all replicas. Each keeps a copy, read again every few
 * seconds and at once when a token names a key that it lacks, so what is issued needs no database
 * for its key, and keys stay published while the database is away.
 *
 * <p>A key that is replaced is accepted until the last token it signed has ended. Replicas sign on
 * with it until they have read again; that time is added.
 *
 * <p>The copy is replaced whole, under the lock that also keeps readings to one at a time.
 */
public final class SigningKeys implements Component {
    private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);
    private static final Duration RELOAD = Duration.ofSeconds(5);
    private static final Duration RELOAD_AT_MOST_EVERY = Duration.ofMillis(500);
    private static final Duration ROTATION_CHECK = Duration.ofMinutes(10);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int BITS = 2048;

    /** Shared by all replicas: one at a time makes or retires keys. */
    private static final long LOCK = 0x55414131L;

    private final Database database;
    private final Timers timers;
    private final KeyConfig config;
    private final Duration accessValidity;
    private final Supplier<String> ids;
    private final KeyVault vault;
    private final List<Timers.Task> tasks = new ArrayList<>();
    private volatile List<SigningKey> keys = List.of();
    private volatile @Nullable String fault;
    private volatile boolean failing;
    private CompletableFuture<@Nullable Void> reading = CompletableFuture.completedFuture(null);
    private Instant attempted = Instant.EPOCH;

    /**
     * @param accessValidity of clients without one of their own
     * @param ids names for new keys
     */
    public SigningKeys(
            Database database,
            Timers timers,
            KeyConfig config,
            Duration accessValidity,
            Supplier<String> ids) {
        this.database = database;
        this.timers = timers;
        this.config = config;
        this.accessValidity = accessValidity;
        this.ids = ids;
        this.vault = new KeyVault(config.passphrase());
    }

    @Override
    public void start() {
        tasks.add(timers.every(RELOAD, this::reloadQuietly));
        if (!config.rotateAfter().isZero()) {
            tasks.add(timers.every(ROTATION_CHECK, this::rotateIfOld));
        }
    }

    /** What is wrong, for {@code /healthz}. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** The key that signs. */
    public SigningKey signing() {
        for (var key : keys) {
            if (key.acceptedUntil() == null) {
                return key;
            }
        }
        throw new DatabaseUnavailableException("there is no signing key yet");
    }

    /** The key that a token names, if it is one of ours and still accepted. */
    public Optional<SigningKey> accepted(String id) {
        var known = find(id);
        if (known.isEmpty()) {
            freshen();
            known = find(id);
        }
        return known;
    }

    private Optional<SigningKey> find(String id) {
        var now = timers.instant();
        return keys.stream().filter(k -> k.id().equals(id) && k.isAccepted(now)).findFirst();
    }

    /**
     * The signing key, then the accepted ones, newest first; the copy while the database is away.
     */
    List<SigningKey> published() {
        freshen();
        var now = timers.instant();
        return keys.stream().filter(key -> key.isAccepted(now)).toList();
    }

    /**
     * Reads again unless that was just done, and waits a moment for it; not while the database does
     * not answer, since verifiers are to get the copy then, and soon.
     */
    private void freshen() {
        var attempt = attempt();
        if (failing) {
            return;
        }
        try {
            attempt.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("keys not read again yet", e);
        }
    }

    /** The one that runs, or the last one if it is too early for another. */
    private synchronized CompletableFuture<?> attempt() {
        var now = timers.instant();
        if (reading.isDone()
                && Duration.between(attempted, now).compareTo(RELOAD_AT_MOST_EVERY) >= 0) {
            attempted = now;
            reading = new CompletableFuture<>();
            var done = reading;
            Thread.ofVirtual()
                    .name("keys")
                    .start(() -> {
                        reloadQuietly();
                        done.complete(null);
                    });
        }
        return reading;
    }

    private void reloadQuietly() {
        if (!database.isReady()) {
            return;
        }
        try {
            reload();
        } catch (DatabaseUnavailableException e) {
            failing = true;
            log.debug("keys not read again: {}", e.getMessage());
        } catch (DataAccessException e) {
            failing = true;
            log.error("keys not read again", e);
        }
    }

    /** Reads the keys anew. */
    public void reload() {
        var rows =
                database.read(dsl ->
                        dsl.selectFrom(SIGNING_KEY)
                                .where(
                                        SIGNING_KEY
                                                .ACCEPTED_UNTIL
                                                .isNull()
                                                .or(
                                                        SIGNING_KEY.ACCEPTED_UNTIL.gt(
                                                                timers.instant())))
                                .orderBy(SIGNING_KEY.RETIRED.desc().nullsFirst(), SIGNING_KEY.ID)
                                .fetch());
        failing = false;
        replace(rows);
    }

    private synchronized void replace(List<SigningKeyRecord> rows) {
        var next = new ArrayList<SigningKey>();
        String unreadable = null;
        for (var row : rows) {
            var known = keys.stream().filter(k -> k.id().equals(row.getId())).findFirst();
            if (known.isPresent()) {
                next.add(known.get().until(row.getAcceptedUntil()));
                continue;
            }
            try {
                next.add(
                        SigningKey.of(
                                vault.open(row.getJwk()),
                                row.getCreated(),
                                row.getAcceptedUntil()));
            } catch (JOSEException | ParseException e) {
                unreadable = "key " + row.getId() + " cannot be read: " + e.getMessage();
                log.error("signing {}", unreadable);
            }
        }
        keys = List.copyOf(next);
        fault = unreadable;
    }

    /** Makes the first key if there is none. Part of the bootstrap, under its lock. */
    public void ensure(DSLContext dsl) {
        if (!dsl.fetchExists(SIGNING_KEY, SIGNING_KEY.RETIRED.isNull())) {
            insert(dsl);
        }
    }

    /** Replaces the signing key now; the old one stays accepted until its tokens have ended. */
    public SigningKey rotate() {
        database.inTransaction(dsl -> {
            dsl.fetch("select pg_advisory_xact_lock(?)", LOCK);
            retireAndInsert(dsl);
        });
        reload();
        return signing();
    }

    private void rotateIfOld() {
        try {
            var rotated =
                    database.transaction(dsl -> {
                        dsl.fetch("select pg_advisory_xact_lock(?)", LOCK);
                        var limit = timers.instant().minus(config.rotateAfter());
                        var old =
                                dsl.fetchExists(
                                        SIGNING_KEY,
                                        SIGNING_KEY
                                                .RETIRED
                                                .isNull()
                                                .and(SIGNING_KEY.CREATED.lt(limit)));
                        if (old) {
                            retireAndInsert(dsl);
                        }
                        dsl.deleteFrom(SIGNING_KEY)
                                .where(SIGNING_KEY.ACCEPTED_UNTIL.lt(timers.instant()))
                                .execute();
                        return old;
                    });
            if (rotated) {
                reload();
                Audit.system("key_rotated", "reason", "age", "key", signing().id());
            }
        } catch (DatabaseUnavailableException e) {
            log.debug("rotation not checked: {}", e.getMessage());
        }
    }

    private void retireAndInsert(DSLContext dsl) {
        var now = timers.instant();
        var longest =
                dsl.select(max(CLIENT.ACCESS_VALIDITY_S)).from(CLIENT).fetchOne(0, Long.class);
        var life = Math.max(accessValidity.toSeconds(), longest == null ? 0 : longest);
        dsl.update(SIGNING_KEY)
                .set(SIGNING_KEY.RETIRED, now)
                .set(SIGNING_KEY.ACCEPTED_UNTIL, now.plusSeconds(life).plus(RELOAD.multipliedBy(3)))
                .where(SIGNING_KEY.RETIRED.isNull())
                .execute();
        insert(dsl);
    }

    private void insert(DSLContext dsl) {
        try {
            var key =
                    new RSAKeyGenerator(BITS)
                            .keyID(ids.get())
                            .keyUse(KeyUse.SIGNATURE)
                            .algorithm(JWSAlgorithm.RS256)
                            .generate();
            dsl.insertInto(SIGNING_KEY)
                    .set(SIGNING_KEY.ID, key.getKeyID())
                    .set(SIGNING_KEY.JWK, vault.close(key))
                    .set(SIGNING_KEY.CREATED, timers.instant())
                    .execute();
        } catch (JOSEException e) {
            throw new IllegalStateException("no signing key can be made", e);
        }
    }

    /** The error of a token whose key is not, or no longer, one of ours. */
    public SigningKey require(String id) {
        return accepted(id)
                .orElseThrow(() -> UaaError.INVALID_TOKEN.of("The token's key is not accepted"));
    }

    @Override
    public void close() {
        tasks.forEach(Timers.Task::cancel);
    }
}
