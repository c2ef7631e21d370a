@NullMarked
package io.nimbus.loggregator.logcache;

import org.jspecify.annotations.NullMarked;
