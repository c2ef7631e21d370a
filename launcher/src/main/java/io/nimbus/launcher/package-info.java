/**
 * {@code nimbus up}: the whole platform on one machine. {@code up} checks the machine and starts a
 * small supervisor in the background, which starts the processes in order, restarts those that die,
 * and adopts what still runs when it was itself killed. Every process is a child with its own log
 * file and outlives the supervisor.
 */
@NullMarked
package io.nimbus.launcher;

import org.jspecify.annotations.NullMarked;
