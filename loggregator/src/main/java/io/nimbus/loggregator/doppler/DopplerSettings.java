package io.nimbus.loggregator.doppler;

import java.time.Duration;

/**
 * @param envelopes that may wait for one client; one more and it is cut
 * @param bytes likewise
 * @param write longest time for one message to leave
 * @param pong longest wait for the answer to a ping
 * @param rest between that answer and the next ping
 */
public record DopplerSettings(
        int envelopes, long bytes, Duration write, Duration pong, Duration rest) {}
