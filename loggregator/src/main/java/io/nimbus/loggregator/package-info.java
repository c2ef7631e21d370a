/**
 * The loggregator's process: app and platform logs, recent and live, for the clients of two eras.
 */
@NullMarked
package io.nimbus.loggregator;

import org.jspecify.annotations.NullMarked;
