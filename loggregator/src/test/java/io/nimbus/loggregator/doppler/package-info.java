@NullMarked
package io.nimbus.loggregator.doppler;

import org.jspecify.annotations.NullMarked;
