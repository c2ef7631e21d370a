package io.nimbus.router.service;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The router's word that a request was on its way to a URL: sent along to the route service, which
 * sends it back with the request. All routers of a platform share the secret.
 *
 * <p>Form: {@code X-CF-Proxy-Signature} is AES-128-GCM over {@code
 * {"forwarded_url","requested_time"}}, {@code X-CF-Proxy-Metadata} is {@code {"nonce"}}, both in
 * URL-safe base64. Contract: router.md §11.
 */
public final class Seal {
    private static final Logger log = LoggerFactory.getLogger(Seal.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final int ROUNDS = 100_001;
    private static final int KEY_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    /** The values of the two headers. */
    public record Sealed(String signature, String metadata) {}

    private record Statement(
            @JsonProperty("forwarded_url") @Nullable String url,
            @JsonProperty("requested_time") @Nullable String time) {}

    private record Metadata(byte @Nullable [] nonce) {}

    private final List<SecretKeySpec> keys;
    private final Duration lifetime;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param previous a secret that is still believed but no longer used; null for none
     * @param lifetime after which the word is no longer taken
     */
    public Seal(String secret, @Nullable String previous, Duration lifetime) {
        this.lifetime = lifetime;
        var made = new ArrayList<SecretKeySpec>();
        made.add(key(secret));
        if (previous != null) {
            made.add(key(previous));
        }
        keys = List.copyOf(made);
    }

    /**
     * PBKDF2 with HMAC-SHA256 and an empty salt, which the JDK's own does not take. One block is
     * longer than the key.
     */
    private static SecretKeySpec key(String secret) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
            var round = mac.doFinal(new byte[] {0, 0, 0, 1});
            var sum = round.clone();
            for (int i = 1; i < ROUNDS; i++) {
                round = mac.doFinal(round);
                for (int j = 0; j < KEY_BYTES; j++) {
                    sum[j] ^= round[j];
                }
            }
            return new SecretKeySpec(sum, 0, KEY_BYTES, "AES");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA256", e);
        }
    }

    /**
     * @param url with scheme, host and the request's own target, one character per byte
     */
    public Sealed seal(String url, Instant now) {
        try {
            var nonce = new byte[NONCE_BYTES];
            random.nextBytes(nonce);
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, keys.get(0), new GCMParameterSpec(TAG_BITS, nonce));
            var statement = JSON.writeValueAsBytes(new Statement(url, now.toString()));
            return new Sealed(
                    text(cipher.doFinal(statement)),
                    text(JSON.writeValueAsBytes(new Metadata(nonce))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }

    private static String text(byte[] bytes) {
        return Base64.getUrlEncoder().encodeToString(bytes);
    }

    /**
     * The URL that was sealed.
     *
     * @throws SealException when the word is not ours, or too old
     */
    public String open(String signature, @Nullable String metadata, Instant now)
            throws SealException {
        if (metadata == null) {
            throw new SealException(false, "no metadata");
        }
        try {
            var nonce = JSON.readValue(bytes(metadata), Metadata.class).nonce();
            if (nonce == null || nonce.length != NONCE_BYTES) {
                throw new SealException(false, "no nonce");
            }
            var statement = JSON.readValue(decrypt(bytes(signature), nonce), Statement.class);
            if (statement.url() == null || statement.time() == null) {
                throw new SealException(false, "it says nothing");
            }
            var made = OffsetDateTime.parse(statement.time()).toInstant();
            if (made.plus(lifetime).isBefore(now)) {
                throw new SealException(true, "it is too old");
            }
            return statement.url();
        } catch (JacksonException | DateTimeException | IllegalArgumentException e) {
            throw new SealException(false, "it is not this router's");
        }
    }

    private static byte[] bytes(String text) {
        return Base64.getUrlDecoder().decode(text.getBytes(ISO_8859_1));
    }

    private byte[] decrypt(byte[] sealed, byte[] nonce) {
        for (var key : keys) {
            try {
                var cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
                return cipher.doFinal(sealed);
            } catch (GeneralSecurityException e) {
                log.debug("not sealed with this key: {}", e.getMessage());
            }
        }
        throw new IllegalArgumentException("sealed with no key of ours");
    }
}
