package io.nimbus.cloudcontroller.info;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /} and {@code /v2/info} tell.
 *
 * @param uaa where callers reach the UAA
 * @param login where they log in; the UAA where there is no other
 * @param logCache where they read logs; null when there is none
 * @param doppler {@code ws} or {@code wss}, where they stream logs; null when there is none
 */
public record InfoConfig(
        String name,
        String build,
        String support,
        String description,
        URI uaa,
        URI login,
        @Nullable URI logCache,
        @Nullable URI doppler) {}
