package io.nimbus.uaa.secrets;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/** SHA-256, of things too long to be guessed; and comparison in constant time. */
public final class Digest {
    private static final int REVISION_DIGITS = 16;

    private Digest() {}

    public static byte[] of(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** As PKCE (RFC 7636) wants a verifier's challenge. */
    public static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(of(text));
    }

    /**
     * What {@code rev_sig} says: the revisions of the client and of the user (empty for a client's
     * own token), so that a change of either makes tokens void.
     */
    public static String revision(String client, String user) {
        return HexFormat.of().formatHex(of(client + "/" + user)).substring(0, REVISION_DIGITS);
    }

    public static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(UTF_8), b.getBytes(UTF_8));
    }
}
