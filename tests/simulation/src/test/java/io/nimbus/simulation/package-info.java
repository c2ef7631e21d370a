/**
 * The platform in one thread: real decisions, a bus that loses, repeats and delays, DEAs that die,
 * and a clock that stands still until it is moved. Everything follows from a seed.
 */
@NullMarked
package io.nimbus.simulation;

import org.jspecify.annotations.NullMarked;
