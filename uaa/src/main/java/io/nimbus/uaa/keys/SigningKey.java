package io.nimbus.uaa.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.RSAKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A key of ours.
 *
 * @param created when it was made
 * @param acceptedUntil null while it signs
 */
public record SigningKey(
        String id,
        RSAPublicKey publicKey,
        JWSSigner signer,
        JWSVerifier verifier,
        Instant created,
        @Nullable Instant acceptedUntil) {
    private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

    static SigningKey of(RSAKey key, Instant created, @Nullable Instant acceptedUntil)
            throws JOSEException {
        return new SigningKey(
                key.getKeyID(),
                key.toRSAPublicKey(),
                new RSASSASigner(key.toPrivateKey()),
                new RSASSAVerifier(key.toRSAPublicKey()),
                created,
                acceptedUntil);
    }

    SigningKey until(@Nullable Instant end) {
        return new SigningKey(id, publicKey, signer, verifier, created, end);
    }

    boolean isAccepted(Instant now) {
        return acceptedUntil == null || acceptedUntil.isAfter(now);
    }

    /** As {@code /token_key} shows it; J needs kty, alg, use, e, n and value. */
    Map<String, Object> toJson() {
        var jwk = new RSAKey.Builder(publicKey).build();
        var json = new LinkedHashMap<String, Object>();
        json.put("kty", "RSA");
        json.put("e", jwk.getPublicExponent().toString());
        json.put("use", "sig");
        json.put("kid", id);
        json.put("alg", "RS256");
        json.put(
                "value",
                "-----BEGIN PUBLIC KEY-----\n"
                        + PEM.encodeToString(publicKey.getEncoded())
                        + "\n-----END PUBLIC KEY-----");
        json.put("n", jwk.getModulus().toString());
        return json;
    }
}
