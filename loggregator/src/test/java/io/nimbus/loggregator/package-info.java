@NullMarked
package io.nimbus.loggregator;

import org.jspecify.annotations.NullMarked;
