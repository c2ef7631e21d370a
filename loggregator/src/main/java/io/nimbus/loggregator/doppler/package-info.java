/** Doppler's HTTP and WebSocket interface, by which older clients and cf-java-client read. */
@NullMarked
package io.nimbus.loggregator.doppler;

import org.jspecify.annotations.NullMarked;
