package io.nimbus.uaa.secrets;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;

/** Where names that nobody may guess come from. */
public final class Ids {
    private static final int SECRET_BYTES = 32;
    private static final int ID_BYTES = 16;

    /** No letters or digits that look alike. */
    private static final String READABLE = "abcdefghjkmnpqrstuvwxyz23456789";

    private static final int READABLE_LENGTH = 16;

    private final SecureRandom random;

    public Ids(SecureRandom random) {
        this.random = random;
    }

    /** In UUID's form: the ids of users and groups, which clients parse. */
    public String guid() {
        var bytes = bytes(ID_BYTES);
        bytes[6] = (byte) ((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte) ((bytes[8] & 0x3f) | 0x80);
        var buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong()).toString();
    }

    /** 32 hex digits: the id of a token, of a key, of a revision. */
    public String id() {
        return HexFormat.of().formatHex(bytes(ID_BYTES));
    }

    /** 256 bits, fit for URLs, cookies and headers. */
    public String secret() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(SECRET_BYTES));
    }

    /** 79 bits, to be read and typed by people. */
    public String readable() {
        var text = new StringBuilder();
        for (int i = 0; i < READABLE_LENGTH; i++) {
            text.append(READABLE.charAt(random.nextInt(READABLE.length())));
        }
        return text.toString();
    }

    private byte[] bytes(int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
