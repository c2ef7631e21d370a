package io.nimbus.warden;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * A line that a process wrote.
 *
 * @param time when it was written, or read where nobody noted that
 * @param error whether on standard error
 * @param text without the line end; a very long line comes in pieces of 60 KiB
 */
public record Line(Instant time, boolean error, byte[] text) {
    public String string() {
        return new String(text, StandardCharsets.UTF_8);
    }
}
