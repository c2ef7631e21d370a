package io.nimbus.cloudcontroller.encryption;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AES-256-GCM with a fresh nonce per value, which stands before the ciphertext. The label of the
 * key is kept beside the value, so that keys can change: new values use the current key, old ones
 * are read with theirs. Thread-safe.
 */
public final class Encryptor {
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;

    /**
     * What is kept in the two columns.
     *
     * @param key the label
     */
    public record Sealed(byte[] bytes, String key) {}

    private final String current;
    private final Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();

    /**
     * @param current the label of the key for new values
     * @param keys label to 64 hex digits, the current one and those that old values were encrypted
     *     with
     * @throws IllegalArgumentException when a key is not 64 hex digits or the current one is not
     *     among them
     */
    public Encryptor(String current, Map<String, String> keys) {
        this.current = current;
        keys.forEach((label, hex) -> this.keys.put(label, key(label, hex)));
        if (!keys.containsKey(current)) {
            throw new IllegalArgumentException("there is no key " + current);
        }
    }

    private static SecretKeySpec key(String label, String hex) {
        if (!isKey(hex)) {
            throw new IllegalArgumentException("key " + label + " is not 64 hex digits");
        }
        return new SecretKeySpec(HexFormat.of().parseHex(hex), "AES");
    }

    public static boolean isKey(String hex) {
        return hex.matches("[0-9a-fA-F]{64}");
    }

    public Sealed encrypt(String text) {
        var nonce = new byte[NONCE];
        random.nextBytes(nonce);
        try {
            var cipher = cipher(Cipher.ENCRYPT_MODE, current, nonce);
            var bytes = new byte[NONCE + cipher.getOutputSize(text.getBytes(UTF_8).length)];
            System.arraycopy(nonce, 0, bytes, 0, NONCE);
            cipher.doFinal(text.getBytes(UTF_8), 0, text.getBytes(UTF_8).length, bytes, NONCE);
            return new Sealed(bytes, current);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt", e);
        }
    }

    /**
     * Null for null.
     *
     * @throws IllegalStateException when the key is not known or the value was tampered with
     */
    public @Nullable String decrypt(byte @Nullable [] bytes, @Nullable String key) {
        if (bytes == null) {
            return null;
        }
        try {
            var cipher =
                    cipher(
                            Cipher.DECRYPT_MODE,
                            Objects.requireNonNull(key, "a value without its key's label"),
                            bytes);
            return new String(cipher.doFinal(bytes, NONCE, bytes.length - NONCE), UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "a value encrypted with key " + key + " cannot be read", e);
        }
    }

    private Cipher cipher(int mode, String label, byte[] nonce) throws GeneralSecurityException {
        var key = keys.get(label);
        if (key == null) {
            throw new IllegalStateException("there is no key " + label);
        }
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce, 0, NONCE));
        return cipher;
    }
}
