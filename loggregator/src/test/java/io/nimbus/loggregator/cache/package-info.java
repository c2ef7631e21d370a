@NullMarked
package io.nimbus.loggregator.cache;

import org.jspecify.annotations.NullMarked;
