package io.nimbus.uaa.browser;

import static io.nimbus.uaa.schema.Tables.BROWSER_SESSION;

import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.UaaError;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Browsers that are signed in, in the database for all replicas, by digests of their cookies; and
 * the tokens of our forms, which are digests of the cookies too, so another site cannot know them.
 */
public final class Sessions {
    private static final String SESSION = "uaa_session";

    /** Of a browser that is not signed in: what its forms are bound to. */
    private static final String VISIT = "uaa_visit";

    private static final Duration SEEN_STEP = Duration.ofMinutes(1);

    private final Database database;
    private final Cookies cookies;
    private final Ids ids;
    private final InstantSource clock;
    private final Duration idle;
    private final Duration life;

    /**
     * @param idle without a request, after which a session ends
     * @param life after which it ends in any case
     */
    public Sessions(
            Database database,
            Callers callers,
            Ids ids,
            InstantSource clock,
            Duration idle,
            Duration life) {
        this.database = database;
        this.cookies = new Cookies(callers);
        this.ids = ids;
        this.clock = clock;
        this.idle = idle;
        this.life = life;
    }

    /**
     * @param authTime when the person proved who they are
     */
    record Session(User user, Instant authTime) {}

    /** Signs in, under a new id. */
    public void begin(Context ctx, User user) {
        end(ctx);
        var id = ids.secret();
        var now = clock.instant();
        database.inTransaction(dsl ->
                dsl.insertInto(BROWSER_SESSION)
                        .set(BROWSER_SESSION.DIGEST, Digest.of(id))
                        .set(BROWSER_SESSION.USER_ID, user.id())
                        .set(BROWSER_SESSION.REVISION, user.revision())
                        .set(BROWSER_SESSION.AUTH_TIME, now)
                        .set(BROWSER_SESSION.LAST_SEEN, now)
                        .set(BROWSER_SESSION.EXPIRES, now.plus(life))
                        .execute());
        cookies.set(ctx, SESSION, id);
    }

    /** The session of this browser, if it is signed in and its user still the same. */
    Optional<Session> current(Context ctx) {
        var id = cookies.get(ctx, SESSION);
        if (id == null || id.isEmpty()) {
            return Optional.empty();
        }
        var now = clock.instant();
        var digest = Digest.of(id);
        var found =
                database.read(dsl ->
                        dsl.selectFrom(BROWSER_SESSION)
                                .where(
                                        BROWSER_SESSION.DIGEST.eq(digest),
                                        BROWSER_SESSION.EXPIRES.gt(now),
                                        BROWSER_SESSION.LAST_SEEN.gt(now.minus(idle)))
                                .fetchOptional());
        if (found.isEmpty()) {
            return Optional.empty();
        }
        var row = found.get();
        if (row.getLastSeen().isBefore(now.minus(SEEN_STEP))) {
            database.inTransaction(dsl ->
                    dsl.update(BROWSER_SESSION)
                            .set(BROWSER_SESSION.LAST_SEEN, now)
                            .where(BROWSER_SESSION.DIGEST.eq(digest))
                            .execute());
        }
        return database.read(dsl -> UserStore.find(dsl, row.getUserId()))
                .filter(user -> user.active() && user.revision().equals(row.getRevision()))
                .map(user -> new Session(user, row.getAuthTime()));
    }

    /** Signs out. */
    void end(Context ctx) {
        var id = cookies.get(ctx, SESSION);
        if (id != null && !id.isEmpty()) {
            var digest = Digest.of(id);
            database.inTransaction(dsl ->
                    dsl.deleteFrom(BROWSER_SESSION)
                            .where(BROWSER_SESSION.DIGEST.eq(digest))
                            .execute());
        }
        cookies.remove(ctx, SESSION);
    }

    /** What a form of a signed-in browser carries. */
    String formToken(Context ctx) {
        return token(cookies.get(ctx, SESSION));
    }

    /** What the log-in form carries. */
    String loginToken(Context ctx) {
        return token(visit(ctx));
    }

    /** What binds a visit to another provider to this browser. */
    public String browserToken(Context ctx) {
        return token(visit(ctx));
    }

    private String visit(Context ctx) {
        var visit = cookies.get(ctx, VISIT);
        if (visit == null || visit.isEmpty()) {
            visit = ids.secret();
            cookies.set(ctx, VISIT, visit);
        }
        return visit;
    }

    /**
     * @throws io.nimbus.uaa.web.UaaException access_denied, when the form is not one of ours for
     *     this signed-in browser
     */
    void requireFormToken(Context ctx, @Nullable String given) {
        require(cookies.get(ctx, SESSION), given);
    }

    /** The same for the log-in form. */
    void requireLoginToken(Context ctx, @Nullable String given) {
        require(cookies.get(ctx, VISIT), given);
    }

    private static void require(@Nullable String cookie, @Nullable String given) {
        if (cookie == null
                || cookie.isEmpty()
                || given == null
                || !Digest.same(token(cookie), given)) {
            throw UaaError.ACCESS_DENIED.of("The form has expired. Go back and try again.");
        }
    }

    private static String token(@Nullable String cookie) {
        return Digest.base64("form/" + cookie);
    }

    /** Deletes what has ended. */
    public void prune() {
        var now = clock.instant();
        database.inTransaction(dsl ->
                dsl.deleteFrom(BROWSER_SESSION)
                        .where(
                                BROWSER_SESSION
                                        .EXPIRES
                                        .lt(now)
                                        .or(BROWSER_SESSION.LAST_SEEN.lt(now.minus(idle))))
                        .execute());
    }
}
