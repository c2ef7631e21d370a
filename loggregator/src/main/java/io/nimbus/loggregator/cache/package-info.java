/** Log lines in memory, bounded, rebuilt from the bus's stream. */
@NullMarked
package io.nimbus.loggregator.cache;

import org.jspecify.annotations.NullMarked;
