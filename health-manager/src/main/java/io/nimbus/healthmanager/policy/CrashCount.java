package io.nimbus.healthmanager.policy;

import java.time.Instant;

/**
 * How often one index has crashed lately. Kept where it survives the health manager.
 *
 * @param count crashes that were answered with a start
 * @param instance guid of the latest of them: seeing it crashed again calls for nothing new
 * @param at when it was answered
 */
public record CrashCount(AppVersion key, int index, int count, String instance, Instant at) {}
