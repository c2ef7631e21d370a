package io.nimbus.bus;

import java.time.Duration;

/**
 * @param ttl age at which an entry vanishes, for the whole bucket; {@link Duration#ZERO} keeps for
 *     ever
 */
public record BucketSpec(String name, Duration ttl) {}
