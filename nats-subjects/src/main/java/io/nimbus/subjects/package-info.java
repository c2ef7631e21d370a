/**
 * The bus contract as code: one record per payload, one typed {@link io.nimbus.subjects.Subject}
 * per subject, and nothing else. Names follow the field; where the wire misleads ({@code droplet}
 * often holds an app's guid) the record says {@code app} and the annotation keeps the wire's word.
 *
 * <p>Rules of the wire that hold for every message: UTF-8 JSON, one object each; unknown keys are
 * ignored; a wrong type makes the whole message malformed; times are seconds since the epoch; sizes
 * are MiB in limits and bytes in statistics.
 */
@NullMarked
package io.nimbus.subjects;

import org.jspecify.annotations.NullMarked;
