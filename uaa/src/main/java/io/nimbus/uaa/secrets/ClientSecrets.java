package io.nimbus.uaa.secrets;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Clients' secrets against their hashes. A client proves itself with every request, so a proof that
 * succeeded is remembered, by a digest of hash and secret under a key that only this process knows;
 * a changed secret has another hash. One lock guards the memory.
 */
public final class ClientSecrets {
    private static final int MOST = 10_000;

    private final PasswordHasher hasher;
    private final String key;
    private final Map<String, Boolean> proved =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > MOST;
                }
            };

    public ClientSecrets(PasswordHasher hasher, Ids ids) {
        this.hasher = hasher;
        this.key = ids.secret();
    }

    /** Empty for the empty secret, which only clients of people may have. */
    public String hash(String secret) {
        return secret.isEmpty() ? "" : hasher.inTurn(() -> hasher.hash(secret));
    }

    /**
     * @param second valid as well while a secret is being changed
     */
    public boolean matches(String secret, String hash, @Nullable String second) {
        return matches(secret, hash) || (second != null && matches(secret, second));
    }

    private boolean matches(String secret, String hash) {
        if (hash.isEmpty() || secret.isEmpty()) {
            return hash.isEmpty() && secret.isEmpty();
        }
        var proof = Digest.base64(key + "/" + hash + "/" + secret);
        synchronized (proved) {
            if (proved.containsKey(proof)) {
                return true;
            }
        }
        if (!hasher.inTurn(() -> hasher.matches(secret, hash))) {
            return false;
        }
        synchronized (proved) {
            proved.put(proof, true);
        }
        return true;
    }

    /** Takes as long as a wrong secret. */
    public void matchNobody(String secret) {
        if (!secret.isEmpty()) {
            hasher.inTurn(() -> {
                hasher.matchNobody(secret);
                return true;
            });
        }
    }
}
