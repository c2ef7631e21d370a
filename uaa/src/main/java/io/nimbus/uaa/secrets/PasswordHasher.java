package io.nimbus.uaa.secrets;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategy;
import io.nimbus.uaa.web.UaaError;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * bcrypt, with no more hashes at once than there are processors: more would only make all of them
 * slower. Passwords beyond bcrypt's 72 bytes are hashed by SHA-512 first.
 */
public final class PasswordHasher {
    private static final BCrypt.Version VERSION = BCrypt.Version.VERSION_2A;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final int cost;
    private final SecureRandom random;
    private final LongPasswordStrategy longPasswords = LongPasswordStrategies.hashSha512(VERSION);
    private final Semaphore gate;

    /** Of a password that nobody has: checked for names that do not exist. */
    private final String nobody;

    /**
     * @param cost bcrypt's, 4 to 31
     * @param parallel hashes at once
     */
    public PasswordHasher(int cost, SecureRandom random, int parallel) {
        this.cost = cost;
        this.random = random;
        this.gate = new Semaphore(parallel, true);
        this.nobody = hash(new Ids(random).secret());
    }

    /**
     * Runs work that hashes, when it is its turn. What the work reads of failed attempts before it
     * hashes is at most as many attempts behind as run at once.
     *
     * @throws io.nimbus.uaa.web.UaaException temporarily unavailable, when its turn does not come
     */
    public <T> T inTurn(Supplier<T> work) {
        try {
            if (!gate.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw UaaError.TEMPORARILY_UNAVAILABLE
                        .of("Too many passwords are being checked, try again")
                        .retryAfter(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UaaError.TEMPORARILY_UNAVAILABLE.of("The identity service stops").retryAfter(1);
        }
        try {
            return work.get();
        } finally {
            gate.release();
        }
    }

    public String hash(String password) {
        return BCrypt.with(VERSION, random, longPasswords)
                .hashToString(cost, password.toCharArray());
    }

    public boolean matches(String password, String hash) {
        return BCrypt.verifyer(VERSION, longPasswords)
                .verify(password.toCharArray(), hash.toCharArray())
                .verified;
    }

    /** Takes as long as {@link #matches}, so that the time does not tell who exists. */
    public void matchNobody(String password) {
        if (matches(password, nobody)) {
            throw new IllegalStateException("a random secret was guessed");
        }
    }

    /** Whether it was made at another cost than today's. */
    public boolean isOutdated(String hash) {
        return !hash.startsWith("$2a$%02d$".formatted(cost));
    }
}
